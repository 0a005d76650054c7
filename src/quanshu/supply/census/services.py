"""Writes of: data census."""
