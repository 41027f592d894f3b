"""Getting to the registry."""
