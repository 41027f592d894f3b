"""What the node itself lacks."""
