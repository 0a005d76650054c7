"""Addresses of vault's pages."""

from __future__ import annotations

from django.urls import URLPattern

app_name = "vault"
urlpatterns: list[URLPattern] = []
