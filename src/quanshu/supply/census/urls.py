"""Addresses of census."""

from __future__ import annotations

from django.urls import URLPattern

app_name = "census"
urlpatterns: list[URLPattern] = []
