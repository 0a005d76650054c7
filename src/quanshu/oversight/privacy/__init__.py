"""Retention and deletion by rule, and impact records of sensitive services."""
