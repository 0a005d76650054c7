"""Rows of: libraries and models."""
