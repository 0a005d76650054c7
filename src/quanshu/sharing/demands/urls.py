"""Addresses of demands pages."""

from __future__ import annotations

from django.urls import URLPattern

app_name = "demands"
urlpatterns: list[URLPattern] = []
