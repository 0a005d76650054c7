"""Deliveries of files and tables."""
