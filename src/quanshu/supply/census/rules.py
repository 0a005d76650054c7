"""Pure decisions of: data census."""
