"""Pages of: business, system and data inventory."""
