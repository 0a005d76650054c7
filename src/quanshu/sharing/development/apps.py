"""Development as a Django app."""

from __future__ import annotations

from django.apps import AppConfig


class DevelopmentConfig(AppConfig):
    name = "quanshu.sharing.development"
    label = "development"
