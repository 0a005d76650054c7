"""The service desk: pages and API of services, applications, grants and calls."""
