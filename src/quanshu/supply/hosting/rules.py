"""Pure decisions of: hosted tables."""
