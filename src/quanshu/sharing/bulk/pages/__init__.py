"""Pages of bulk sharing."""
