"""A pretend outside world, reached only over HTTP: a Kubernetes API, Harbor with other registries, and a kubelet."""
