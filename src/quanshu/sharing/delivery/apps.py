"""Delivery as a Django app."""

from __future__ import annotations

from django.apps import AppConfig


class DeliveryConfig(AppConfig):
    name = "quanshu.sharing.delivery"
    label = "delivery"
