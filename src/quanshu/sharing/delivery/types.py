"""Values of delivery."""
