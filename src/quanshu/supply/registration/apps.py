"""Registration of data resources as a Django app."""

from __future__ import annotations

from django.apps import AppConfig


class RegistrationConfig(AppConfig):
    name = "quanshu.supply.registration"
    label = "registration"
