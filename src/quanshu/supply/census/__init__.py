"""Data census."""
