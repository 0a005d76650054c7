"""Pure decisions of development."""
