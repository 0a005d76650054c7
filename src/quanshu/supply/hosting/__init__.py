"""Hosted tables."""
