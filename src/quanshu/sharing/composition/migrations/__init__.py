"""Migrations of composition."""
