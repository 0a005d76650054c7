"""Registration of data resources."""
