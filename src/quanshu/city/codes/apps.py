"""Codes as a Django app."""

from __future__ import annotations

from django.apps import AppConfig


class CodesConfig(AppConfig):
    name = "quanshu.city.codes"
    label = "codes"
