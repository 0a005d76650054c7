"""Pages of: hosted tables."""
