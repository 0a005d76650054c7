"""Data services: look-ups over catalogued data, their callers, grants and exchanges."""
