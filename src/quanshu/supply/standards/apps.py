"""Standards as a Django app."""

from __future__ import annotations

from django.apps import AppConfig


class StandardsConfig(AppConfig):
    name = "quanshu.supply.standards"
    label = "standards"
