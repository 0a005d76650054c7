"""Values of emergency."""
