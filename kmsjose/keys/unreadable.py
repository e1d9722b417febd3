"""What `cryptography` raises for a key that it can't read, private or public."""

from __future__ import annotations

from typing import Final

from cryptography.exceptions import InternalError, UnsupportedAlgorithm

#: InternalError comes for what OpenSSL alone finds, as an Ed25519 private key of another size than 32 bytes.
UNREADABLE: Final = (ValueError, TypeError, UnsupportedAlgorithm, InternalError)
