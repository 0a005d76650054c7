"""Pages of census."""
