"""Whom the data is about: residents and enterprises as they sign in, and who may act for whom."""
