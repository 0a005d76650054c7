"""The Django plumbing that every room uses."""
