"""The subset of the Kubernetes API that the demo and the tests need, with the real server's answers."""
