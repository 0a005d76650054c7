"""The work of a load, without a control plane: read, hold against the contract, write once."""
