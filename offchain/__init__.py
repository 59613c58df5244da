"""Colophon off chain: identity, storage, generation, pricing and the service around the contracts."""

__version__ = "0.1.0"
