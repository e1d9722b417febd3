"""What verifies: public keys, sets of them, their published forms and certificates; and private keys from files."""

from .certificate import Certificate
from .chain import Chain, Profile, check_chain, check_haip
from .entries import Skipped
from .key_set import KeyFinder, KeySet
from .private import PrivateKey, read_private_key
from .public_key import PublicKey
from .trust import check_trust, read_anchors

__all__ = [
    "Certificate",
    "Chain",
    "KeyFinder",
    "KeySet",
    "PrivateKey",
    "Profile",
    "PublicKey",
    "Skipped",
    "check_chain",
    "check_haip",
    "check_trust",
    "read_anchors",
    "read_private_key",
]
