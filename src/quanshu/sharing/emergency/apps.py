"""Emergency as a Django app."""

from __future__ import annotations

from django.apps import AppConfig


class EmergencyConfig(AppConfig):
    name = "quanshu.sharing.emergency"
    label = "emergency"
