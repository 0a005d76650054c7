"""Reads of: workspaces."""
