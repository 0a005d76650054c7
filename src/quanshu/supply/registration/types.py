"""Values of: registration of data resources; no Django."""
