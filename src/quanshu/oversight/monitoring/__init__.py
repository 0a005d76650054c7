"""Monitoring of the four stages."""
