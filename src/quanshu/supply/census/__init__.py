"""The census."""
