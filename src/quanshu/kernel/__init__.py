"""Pure values: clock, calendar, identifiers, errors, ciphers, Merkle tree. Standard library and small pure parts."""
