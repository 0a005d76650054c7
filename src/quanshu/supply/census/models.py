"""Rows of: data census."""
