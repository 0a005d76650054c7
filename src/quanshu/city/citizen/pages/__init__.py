"""Pages of citizen."""
