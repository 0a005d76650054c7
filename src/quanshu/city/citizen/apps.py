"""Citizen as a Django app."""

from __future__ import annotations

from django.apps import AppConfig


class CitizenConfig(AppConfig):
    name = "quanshu.city.citizen"
    label = "citizen"
