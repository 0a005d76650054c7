"""What residents and streets use: the portal, the vault, the codes."""
