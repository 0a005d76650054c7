"""Rows of: business, system and data inventory."""
