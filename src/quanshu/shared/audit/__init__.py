"""The audit trail: one row an act, append-only, integrated into a Merkle tree."""
