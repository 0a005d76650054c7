"""Who may do what, and where: roles and permissions as data, default deny."""
