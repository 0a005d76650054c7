"""Writes of: identity fusion."""
