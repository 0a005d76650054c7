"""Rows of: identity fusion."""
