"""Pages of: workspaces."""
