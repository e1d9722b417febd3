"""What verifies: public keys, sets of them, and their published forms."""

from .key_set import KeySet, Skipped
from .public_key import PublicKey

__all__ = ["KeySet", "PublicKey", "Skipped"]
