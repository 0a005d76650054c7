"""Public data catalogue: what data there is, whose it is, how it may be shared."""
