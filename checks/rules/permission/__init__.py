"""May the login pull this project."""
