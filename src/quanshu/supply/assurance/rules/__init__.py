"""Decisions of quality assurance. Pure."""
