"""Writes of: workspaces."""
