"""Pure decisions of: business, system and data inventory."""
