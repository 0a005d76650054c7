"""Rows of composition."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from django.db import models
from django.urls import reverse
from django.utils.translation import get_language

from quanshu.kernel.ids import new_uid
from quanshu.shared.access.api import Actor, Place, scope_q
from quanshu.sharing.composition.permissions import CompositionPermission
from quanshu.sharing.composition.rules import graph_of
from quanshu.sharing.composition.types import GraphData

if TYPE_CHECKING:
    from typing import Self


class CompositionQuerySet(models.QuerySet["Composition"]):
    def visible_to(self, actor: Actor) -> Self:
        """Composites of the actor's units. What is published all may see as a service."""
        return self.filter(scope_q(actor, CompositionPermission.VIEW))


class Composition(models.Model):
    """A composite as it is drawn. `service` answers with the version published last; `faults` say why it fails now."""

    uid = models.CharField(max_length=36, unique=True, default=new_uid, editable=False)
    sid = models.CharField(max_length=60, unique=True)
    name = models.CharField(max_length=100)
    name_en = models.CharField(max_length=200, blank=True)
    abstract = models.TextField(blank=True)
    abstract_en = models.TextField(blank=True)
    unit = models.ForeignKey("organisation.Unit", on_delete=models.PROTECT, related_name="compositions")
    state = models.CharField(max_length=12, default="draft", db_index=True)
    graph = models.JSONField(default=dict)
    service = models.OneToOneField("services.Service", null=True, on_delete=models.PROTECT, related_name="composition")
    published_graph = models.JSONField(null=True)
    faults = models.JSONField(default=list)
    failing_since = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=100)
    owner_uid = models.CharField(max_length=36)
    updated_at = models.DateTimeField()

    objects = CompositionQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-updated_at", "-id"]

    def __str__(self) -> str:
        return self.title

    @property
    def title(self) -> str:
        """The name in the reader's language."""
        return self.name_en if self.name_en and (get_language() or "").startswith("en") else self.name

    @property
    def about(self) -> str:
        """The abstract in the reader's language."""
        return self.abstract_en if self.abstract_en and (get_language() or "").startswith("en") else self.abstract

    @property
    def drawn(self) -> GraphData:
        """The graph as a value."""
        return graph_of(self.graph)

    @property
    def changed(self) -> bool:
        """Whether what is drawn differs from what is published."""
        return self.graph != self.published_graph

    def access_place(self) -> Place:
        return Place(unit_path=self.unit.path)

    def get_absolute_url(self) -> str:
        return reverse("composition:composition", args=[self.uid])
