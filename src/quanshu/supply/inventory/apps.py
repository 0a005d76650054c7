"""Inventory as a Django app."""

from __future__ import annotations

from django.apps import AppConfig


class InventoryConfig(AppConfig):
    name = "quanshu.supply.inventory"
    label = "inventory"
