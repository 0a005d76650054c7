"""Pure decisions of composition."""
