"""Writes of: business, system and data inventory."""
