"""Repairs: propose, prove, ask, warn, journal, apply, verify, undo."""
