"""Rows of the file store."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class StoredFile(models.Model):
    """A file's content, named by its SHA-256 digest."""

    digest = models.CharField(max_length=64, unique=True)
    name = models.CharField(max_length=200)
    size = models.BigIntegerField()
    media_type = models.CharField(max_length=100)
    stored_at = models.DateTimeField()
    stored_by = models.CharField(max_length=80)

    class Meta:
        ordering: ClassVar = ["-stored_at"]

    def __str__(self) -> str:
        return self.name
