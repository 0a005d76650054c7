"""Bulk reads by the open Delta Sharing protocol: views of a grant, listed, queried and downloaded."""
