"""Addresses of fusion."""

from __future__ import annotations

from django.urls import URLPattern

app_name = "fusion"
urlpatterns: list[URLPattern] = []
