"""Pure decisions of: workspaces."""
