"""The catalogue standard."""
