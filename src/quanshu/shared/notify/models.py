"""Rows of notices."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from quanshu.kernel.ids import new_uid


class Notice(models.Model):
    """A message to one person."""

    uid = models.CharField(max_length=36, unique=True, default=new_uid)
    recipient_uid = models.CharField(max_length=80)
    subject = models.CharField(max_length=200)
    body = models.TextField(blank=True)
    url = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)
    mailed_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["-created_at", "-id"]
        indexes: ClassVar = [models.Index(fields=["recipient_uid", "read_at"])]

    def __str__(self) -> str:
        return self.subject
