"""Rooms that bring data in: catalogue, intake, quality."""
