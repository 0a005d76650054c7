"""Backup and restore of a whole node, and the check that tells whether a node is whole."""
