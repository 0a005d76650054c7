"""Reads of: registration of data resources."""
