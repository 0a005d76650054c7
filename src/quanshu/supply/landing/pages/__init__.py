"""Pages of landing."""
