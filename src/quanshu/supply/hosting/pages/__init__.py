"""Pages of hosting."""
