"""Units, regions, people, roles and duties, sign-in."""
