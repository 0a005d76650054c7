"""Pure decisions of emergency."""
