"""Reads of: hosted tables."""
