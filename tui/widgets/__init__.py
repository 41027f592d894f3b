"""The parts of the screens, one per file."""
