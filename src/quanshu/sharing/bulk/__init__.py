"""Bulk sharing."""
