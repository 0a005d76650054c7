"""Hosting as a Django app."""

from __future__ import annotations

from django.apps import AppConfig


class HostingConfig(AppConfig):
    name = "quanshu.supply.hosting"
    label = "hosting"
