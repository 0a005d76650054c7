"""Quanshu 泉枢: an integrated public-data platform for a city."""

__version__ = "0.1.0"
