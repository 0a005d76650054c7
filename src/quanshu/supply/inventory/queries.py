"""Reads of: business, system and data inventory."""
