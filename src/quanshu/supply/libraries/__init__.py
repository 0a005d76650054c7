"""Libraries and models."""
