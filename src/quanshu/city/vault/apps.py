"""Vault as a Django app."""

from __future__ import annotations

from django.apps import AppConfig


class VaultConfig(AppConfig):
    name = "quanshu.city.vault"
    label = "vault"
