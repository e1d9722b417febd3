"""The rotation of a signing key behind its alias, as a state machine whose state is in KMS itself.

A key is staged (new, published, not yet used), promoted (the alias moves to it), and once another has replaced it,
retired (published until the last token that it signed has expired) and dropped (disabled, watched, deleted). Which keys
there are, and which of them signs, is told by aliases; what happened to them, and when, by their tags. So any machine
can go on where another stopped.

Aliases of the rotation ``NAME``: ``alias/NAME`` is the key that signs; ``alias/NAME/key/ID`` says that a key belongs to
it; ``alias/NAME/lock/N`` is there while a step is at work.
"""

from .dropping import Dropped, drop
from .forcing import revoke_replaced
from .key import RotationKey, Stage
from .listing import find
from .names import names
from .promoting import promote, promote_unseen
from .published import keys_to_publish
from .retiring import retire
from .revoking import Revoked, revoke
from .staging import stage
from .state import Rotation, read
from .timeline import NextStep, next_steps
from .times import CACHE_TIME, HANDOVER, TOKEN_LIFETIME, WATCH

__all__ = [
    "CACHE_TIME",
    "HANDOVER",
    "TOKEN_LIFETIME",
    "WATCH",
    "Dropped",
    "NextStep",
    "Revoked",
    "Rotation",
    "RotationKey",
    "Stage",
    "drop",
    "find",
    "keys_to_publish",
    "names",
    "next_steps",
    "promote",
    "promote_unseen",
    "read",
    "retire",
    "revoke",
    "revoke_replaced",
    "stage",
]
