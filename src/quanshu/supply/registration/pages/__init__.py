"""Pages of: registration of data resources."""
