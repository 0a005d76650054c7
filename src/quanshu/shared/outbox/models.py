"""Rows of the outbox."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from quanshu.kernel.ids import new_uid


class OutboxEvent(models.Model):
    """Something that happened, told after its transaction committed."""

    uid = models.CharField(max_length=36, unique=True, default=new_uid)
    name = models.CharField(max_length=80)
    payload = models.JSONField(default=dict)
    at = models.DateTimeField()
    fanned_out = models.BooleanField(default=False)
    trace_id = models.CharField(max_length=32, blank=True, default="")

    class Meta:
        ordering: ClassVar = ["id"]
        indexes: ClassVar = [
            models.Index(fields=["id"], condition=models.Q(fanned_out=False), name="outbox_waiting"),
        ]

    def __str__(self) -> str:
        return self.name


class Delivery(models.Model):
    """One handler's share of an event. Marked done in the handler's own transaction."""

    event = models.ForeignKey(OutboxEvent, on_delete=models.CASCADE, related_name="deliveries")
    handler = models.CharField(max_length=150)
    state = models.CharField(max_length=10, default="waiting")
    attempts = models.PositiveIntegerField(default=0)
    next_at = models.DateTimeField()
    error = models.TextField(blank=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["event", "handler"], name="outbox_delivery_once")]
        indexes: ClassVar = [models.Index(fields=["state", "next_at"])]

    def __str__(self) -> str:
        return f"{self.handler} {self.state}"
