"""Values of monitoring."""
