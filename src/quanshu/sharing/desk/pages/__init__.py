"""Pages of data services."""
