"""Keys of applications: pages, REST, and warnings before their end."""
