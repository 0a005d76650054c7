"""Monitoring as a Django app."""

from __future__ import annotations

from django.apps import AppConfig


class MonitoringConfig(AppConfig):
    name = "quanshu.oversight.monitoring"
    label = "monitoring"
