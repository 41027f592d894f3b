"""The terminal: the full-screen console and the plain commands. Imports nothing by itself."""
