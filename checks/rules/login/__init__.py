"""Is the login known."""
