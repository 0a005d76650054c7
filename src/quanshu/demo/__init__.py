"""Demonstration data and the play that fills a node with it."""
