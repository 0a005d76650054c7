"""Values of: data census; no Django."""
