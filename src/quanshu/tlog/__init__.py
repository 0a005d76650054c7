"""C2SP transparency logs: notes, checkpoints, tiles, cosignatures, proofs, and a witness. No Django."""
