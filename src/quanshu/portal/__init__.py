"""The web shell's own pages: cockpit, search, to-do, notices, audit, operations."""
