"""Workspaces as a Django app."""

from __future__ import annotations

from django.apps import AppConfig


class WorkspacesConfig(AppConfig):
    name = "quanshu.supply.workspaces"
    label = "workspaces"
