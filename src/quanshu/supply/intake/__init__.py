"""Intake: the one way data comes into the lake."""
