"""Migrations of development."""
