"""Oversight: what runs, what fails, and what to do about it."""
