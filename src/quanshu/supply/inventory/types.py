"""Values of: business, system and data inventory; no Django."""
