"""What verifies: public keys, sets of them, and their published forms."""

from .key_set import KeyCollection, KeyFinder, KeySet, Skipped
from .public_key import PublicKey

__all__ = ["KeyCollection", "KeyFinder", "KeySet", "PublicKey", "Skipped"]
