"""Libraries and models as a Django app."""

from __future__ import annotations

from django.apps import AppConfig


class LibrariesConfig(AppConfig):
    name = "quanshu.supply.libraries"
    label = "libraries"
