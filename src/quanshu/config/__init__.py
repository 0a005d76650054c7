"""Settings, URLs and the ASGI application of a node."""
