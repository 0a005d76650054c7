"""Pages of the catalogue standard."""
