"""Consent as a Django app."""

from __future__ import annotations

from django.apps import AppConfig


class ConsentConfig(AppConfig):
    name = "quanshu.sharing.consent"
    label = "consent"
