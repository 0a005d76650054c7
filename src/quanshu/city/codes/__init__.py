"""The resident code and the enterprise code: short-lived, one use each, bound to a scene."""
