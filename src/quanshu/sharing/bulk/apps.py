"""Bulk as a Django app."""

from __future__ import annotations

from django.apps import AppConfig


class BulkConfig(AppConfig):
    name = "quanshu.sharing.bulk"
    label = "bulk"
