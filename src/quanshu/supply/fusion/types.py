"""Values of: identity fusion; no Django."""
