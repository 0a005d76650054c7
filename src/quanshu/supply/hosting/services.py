"""Writes of: hosted tables."""
