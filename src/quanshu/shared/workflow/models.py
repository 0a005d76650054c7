"""Rows of workflow: clocks, the working calendar, to-dos."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from django.db import models
from django.db.models import Q

from quanshu.kernel.clock import CITY_TZ, today
from quanshu.kernel.ids import new_uid
from quanshu.shared.access.api import Actor, Scope, scope_of
from quanshu.shared.workflow.labels import label_of

if TYPE_CHECKING:
    from typing import Self


class Clock(models.Model):
    """A deadline in working days that one party holds. Pauses move the due day on."""

    uid = models.CharField(max_length=36, unique=True, default=new_uid)
    kind = models.CharField(max_length=60)
    subject_kind = models.CharField(max_length=60)
    subject_uid = models.CharField(max_length=80)
    days = models.PositiveIntegerField()
    holder_path = models.CharField(max_length=500, blank=True)
    started_at = models.DateTimeField()
    due_on = models.DateField(db_index=True)
    stopped_at = models.DateTimeField(null=True)
    days_used = models.PositiveIntegerField(null=True)
    escalated_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["started_at", "id"]
        indexes: ClassVar = [models.Index(fields=["subject_kind", "subject_uid"])]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["kind", "subject_kind", "subject_uid"],
                condition=Q(stopped_at__isnull=True),
                name="workflow_one_running_clock",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.due_on}"

    @property
    def label(self) -> str:
        return label_of(self.kind)

    @property
    def is_paused(self) -> bool:
        return any(pause.ended_on is None for pause in self.pauses.all())

    @property
    def on_time(self) -> bool | None:
        """Whether the clock was stopped by its due day; None while it runs."""
        if self.stopped_at is None:
            return None
        return bool(self.stopped_at.astimezone(CITY_TZ).date() <= self.due_on)

    @property
    def is_overdue(self) -> bool:
        return self.stopped_at is None and not self.is_paused and self.due_on < today()


class Pause(models.Model):
    """A stretch in which a clock did not run, and why."""

    clock = models.ForeignKey(Clock, on_delete=models.CASCADE, related_name="pauses")
    reason = models.CharField(max_length=500)
    started_on = models.DateField()
    ended_on = models.DateField(null=True)
    by = models.CharField(max_length=100)

    class Meta:
        ordering: ClassVar = ["started_on", "id"]

    def __str__(self) -> str:
        return self.reason


class Holding(models.Model):
    """Who held a clock from when to when: waiting time is charged to the party that holds the case."""

    clock = models.ForeignKey(Clock, on_delete=models.CASCADE, related_name="holdings")
    holder_path = models.CharField(max_length=500)
    since = models.DateField()
    until = models.DateField(null=True)

    class Meta:
        ordering: ClassVar = ["since", "id"]

    def __str__(self) -> str:
        return self.holder_path


class CalendarYear(models.Model):
    """A year whose working days are known."""

    year = models.PositiveIntegerField(primary_key=True)
    source = models.CharField(max_length=200)

    class Meta:
        ordering: ClassVar = ["year"]

    def __str__(self) -> str:
        return str(self.year)


class CalendarDay(models.Model):
    """A day off on a weekday, or a make-up working day (调休) on a weekend."""

    day = models.DateField(primary_key=True)
    kind = models.CharField(max_length=10)
    name = models.CharField(max_length=60, blank=True)
    name_en = models.CharField(max_length=60, blank=True)

    class Meta:
        ordering: ClassVar = ["day"]

    def __str__(self) -> str:
        return f"{self.day} {self.kind}"


class TodoQuerySet(models.QuerySet["TodoItem"]):
    def open_for(self, actor: Actor) -> Self:
        """To-dos that wait for this actor: theirs by name, or by a permission that reaches the unit."""
        if not actor.uid:
            return self.none()
        clause = Q(person_uid=actor.uid)
        by_scope: dict[Scope, list[str]] = {}
        for permission in actor.grants:
            by_scope.setdefault(scope_of(actor, permission), []).append(permission)
        for scope, permissions in by_scope.items():
            mine = Q(person_uid="", permission__in=permissions)
            if scope == Scope.ALL:
                clause |= mine
            elif scope == Scope.TREE and actor.unit_path:
                clause |= mine & Q(unit_path__startswith=actor.unit_path)
            elif scope == Scope.UNIT and actor.unit_path:
                clause |= mine & Q(unit_path=actor.unit_path)
        return self.filter(clause, closed_at__isnull=True)


class TodoItem(models.Model):
    """Something that waits for somebody: one for each kind and subject."""

    uid = models.CharField(max_length=36, unique=True, default=new_uid)
    kind = models.CharField(max_length=60)
    subject_kind = models.CharField(max_length=60)
    subject_uid = models.CharField(max_length=80)
    title = models.CharField(max_length=200)
    url = models.CharField(max_length=300)
    permission = models.CharField(max_length=100, blank=True)
    unit_path = models.CharField(max_length=500, blank=True)
    person_uid = models.CharField(max_length=80, blank=True)
    due_on = models.DateField(null=True)
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    objects = TodoQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["due_on", "opened_at"]
        indexes: ClassVar = [models.Index(fields=["permission", "unit_path"])]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["kind", "subject_kind", "subject_uid"],
                condition=Q(closed_at__isnull=True),
                name="workflow_one_open_todo",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def label(self) -> str:
        return label_of(self.kind)
