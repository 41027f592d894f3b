"""Secrets, keys and ServiceAccounts: which login is sent."""
