"""Pages of: libraries and models."""
