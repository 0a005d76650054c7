"""Rooms that bring data in: from the inventory of what there is to the libraries made of it."""
