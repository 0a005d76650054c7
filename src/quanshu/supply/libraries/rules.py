"""Pure decisions of: libraries and models."""
