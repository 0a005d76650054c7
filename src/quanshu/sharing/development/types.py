"""Values of development."""
