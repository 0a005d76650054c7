"""The ledger as others see it: checkpoints, witnesses, proofs, anchors."""
