"""Pages of the resident's portal and of the units that correct."""
