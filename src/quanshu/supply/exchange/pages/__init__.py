"""Pages of the exchange of the catalogue."""
