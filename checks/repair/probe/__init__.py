"""A probe pod: the node itself is asked to pull an image, with consent, and the pod is deleted afterwards."""
