"""Everything that crosses the network: the Kubernetes API, registries, Harbor's API.

Only these files catch foreign exceptions; what leaves them is a value or one of `checks.errors`.
"""
