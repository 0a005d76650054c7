"""Pure decisions of: identity fusion."""
