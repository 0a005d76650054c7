"""Rows of: hosted tables."""
