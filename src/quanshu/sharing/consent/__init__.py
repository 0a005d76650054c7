"""The subject's own authorisation: what a receiver asks, what the subject grants, and each use."""
