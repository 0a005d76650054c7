"""The digital safe of a resident or enterprise: cards and certificates, presented in part."""
