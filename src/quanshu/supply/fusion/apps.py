"""Fusion as a Django app."""

from __future__ import annotations

from django.apps import AppConfig


class FusionConfig(AppConfig):
    name = "quanshu.supply.fusion"
    label = "fusion"
