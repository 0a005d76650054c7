"""Reads of: libraries and models."""
