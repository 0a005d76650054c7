"""Events for other rooms: written in the transaction, delivered at least once."""
