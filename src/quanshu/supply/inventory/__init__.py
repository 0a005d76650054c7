"""Business, system and data inventory."""
