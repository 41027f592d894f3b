"""Trusting the registry."""
