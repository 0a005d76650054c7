"""Migrations of bulk."""
