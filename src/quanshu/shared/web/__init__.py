"""Pages, lists, forms, actions, exports and errors, made alike for every room."""
