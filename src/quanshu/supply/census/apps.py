"""Census as a Django app."""

from __future__ import annotations

from django.apps import AppConfig


class CensusConfig(AppConfig):
    name = "quanshu.supply.census"
    label = "census"
