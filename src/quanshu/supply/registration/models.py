"""Rows of: registration of data resources."""
