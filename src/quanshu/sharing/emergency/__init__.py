"""The emergency green channel."""
