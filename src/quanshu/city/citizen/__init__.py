"""The portal of residents and enterprises: my data, my authorisations, who used my data."""
