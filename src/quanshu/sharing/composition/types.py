"""Values of composition."""
