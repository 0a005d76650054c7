"""Addresses of: libraries and models."""

from __future__ import annotations

from django.urls import URLPattern

app_name = "libraries"
urlpatterns: list[URLPattern] = []
