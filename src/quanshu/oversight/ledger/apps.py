"""Ledger as a Django app."""

from __future__ import annotations

from django.apps import AppConfig


class LedgerConfig(AppConfig):
    name = "quanshu.oversight.ledger"
    label = "ledger"
