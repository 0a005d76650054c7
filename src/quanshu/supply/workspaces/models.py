"""Rows of: workspaces."""
