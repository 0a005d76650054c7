"""Writes of: libraries and models."""
