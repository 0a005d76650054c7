"""Landing: exceptions for specially sensitive data, what hangs where, and why one cannot see or use an entry."""
