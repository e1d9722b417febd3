"""What verifies: public keys, sets of them, and their published forms."""

from .key_set import KeyFinder, KeySet, Skipped
from .public_key import PublicKey

__all__ = ["KeyFinder", "KeySet", "PublicKey", "Skipped"]
