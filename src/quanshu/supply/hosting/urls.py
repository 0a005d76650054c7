"""Addresses of hosting."""

from __future__ import annotations

from django.urls import URLPattern

app_name = "hosting"
urlpatterns: list[URLPattern] = []
