"""Reads of: identity fusion."""
