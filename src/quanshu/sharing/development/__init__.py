"""Unified development of services, and the sandbox."""
