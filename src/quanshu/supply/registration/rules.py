"""Pure decisions of: registration of data resources."""
