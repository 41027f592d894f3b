"""The domain of harbor-doctor: finds failing image pulls, explains them, mends them. No screen, no printing."""

__version__ = "0.1.0"
