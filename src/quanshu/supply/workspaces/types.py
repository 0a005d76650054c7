"""Values of: workspaces; no Django."""
