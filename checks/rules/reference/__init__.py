"""The image reference itself."""
