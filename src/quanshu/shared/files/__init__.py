"""Files: kept once by content, checked for size and type."""
