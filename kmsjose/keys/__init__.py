"""What verifies: public keys, sets of them, and their published forms; and what a private key is read from."""

from .key_set import KeyFinder, KeySet, Skipped
from .private import PrivateKey, read_private_key
from .public_key import PublicKey

__all__ = ["KeyFinder", "KeySet", "PrivateKey", "PublicKey", "Skipped", "read_private_key"]
