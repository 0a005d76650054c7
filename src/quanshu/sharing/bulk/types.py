"""Values of bulk."""
