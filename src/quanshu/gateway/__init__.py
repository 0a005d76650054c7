"""The data plane: a small ASGI application fed by a signed snapshot. No Django, no control-plane database."""
