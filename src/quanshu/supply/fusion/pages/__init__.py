"""Pages of: identity fusion."""
