"""Addresses of composition."""

from __future__ import annotations

from django.urls import URLPattern

app_name = "composition"
urlpatterns: list[URLPattern] = []
