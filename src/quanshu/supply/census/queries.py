"""Reads of: data census."""
