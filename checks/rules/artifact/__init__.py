"""Is the image there."""
