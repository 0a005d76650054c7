"""Composition as a Django app."""

from __future__ import annotations

from django.apps import AppConfig


class CompositionConfig(AppConfig):
    name = "quanshu.sharing.composition"
    label = "composition"
