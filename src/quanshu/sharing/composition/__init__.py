"""Composite services."""
