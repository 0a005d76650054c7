"""Writes of: registration of data resources."""
