"""Rooms that let data out: services, demands."""
