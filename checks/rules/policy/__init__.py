"""May the image be served."""
