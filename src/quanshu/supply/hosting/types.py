"""Values of: hosted tables; no Django."""
