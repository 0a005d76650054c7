"""Exchange of the catalogue: the official Excel table, in and out, and DCAT-AP 3."""
