"""Pages of the inventory: objects, the graph, gaps, imports, public-service companies."""
