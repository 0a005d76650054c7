"""Rows of landing."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from quanshu.kernel.ids import new_uid


class LandingException(models.Model):
    """A unit's wish that an entry's data stay with it, and the bureau's answer."""

    uid = models.CharField(max_length=36, unique=True, default=new_uid, editable=False)
    entry = models.ForeignKey("catalogue.Entry", on_delete=models.CASCADE, related_name="exceptions")
    reason = models.TextField()
    state = models.CharField(max_length=10, default="asked", db_index=True)
    asked_by = models.CharField(max_length=100)
    asked_at = models.DateTimeField()
    decided_by = models.CharField(max_length=100, blank=True)
    decided_at = models.DateTimeField(null=True)
    answer = models.TextField(blank=True)

    class Meta:
        ordering: ClassVar = ["-asked_at", "-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["entry"], condition=models.Q(state__in=["asked", "agreed"]), name="landing_one_exception"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.entry_id} {self.state}"
