"""Search of the catalogue: tokens, the index kept with each write, ranked finding, and marking of what matched."""
