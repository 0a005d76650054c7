"""Values of: libraries and models; no Django."""
