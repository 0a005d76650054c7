"""Pages of vault."""
