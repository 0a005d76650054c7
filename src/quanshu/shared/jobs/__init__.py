"""Background jobs: rows with leases, retried with back-off, never lost with a worker."""
