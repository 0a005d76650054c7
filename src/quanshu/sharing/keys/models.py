"""Rows of keys."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class KeyWarning(models.Model):
    """That a key's end was told of, `days` before it: 60, 30 or 7. Each once."""

    key = models.ForeignKey("services.ConsumerKey", on_delete=models.CASCADE, related_name="warnings")
    days = models.PositiveSmallIntegerField()
    at = models.DateTimeField()
    told = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering: ClassVar = ["-at"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["key", "days"], name="keys_warned_once")]

    def __str__(self) -> str:
        return f"{self.key_id} {self.days}"
