"""Pages of: data census."""
