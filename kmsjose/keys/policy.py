"""Which signatures of a message with several must be good; there is no policy that the caller did not choose."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Literal, Protocol

from ..errors import InputError, PolicyError, VerificationError
from .kids import kid_as_text
from .public_key import PublicKey

#: ``all``: every signature that is there is good; ``any``: at least one is; kids: each of them has a good one.
Policy = Literal["all", "any"] | Collection[str | bytes]


class Judged(Protocol):
    """What became of one signature of a message."""

    @property
    def kid(self) -> str | None:
        """The kid that its header names."""
        ...

    @property
    def key(self) -> PublicKey | None:
        """The key that verified it, or None."""
        ...

    @property
    def error(self) -> str | None:
        """The code of what is wrong with it, or None if it is good."""
        ...


def check_policy(policy: Policy) -> None:
    """Refuse what is no policy, before anything is verified.

    Raises:
        InputError: ``usage``.
    """
    if not isinstance(policy, Collection) or (isinstance(policy, str) and policy not in ("all", "any")):
        raise InputError("usage", "the policy is all, any, or a list of kids")
    if not policy:
        raise InputError("usage", "the policy names no kid")
    if not all(isinstance(kid, (str, bytes)) for kid in policy):
        raise InputError("usage", "a policy names kids as text or bytes")


def apply_policy(policy: Policy, verdicts: Sequence[Judged]) -> None:
    """Refuse a message whose signatures do not meet the policy.

    Raises:
        VerificationError: the signature's own code, if there is one signature.
        PolicyError: ``policy-unmet``, with the verdicts, if there are several.
    """
    # By the key that verified it: what a header calls itself proves nothing.
    good = {verdict.key.kid for verdict in verdicts if verdict.error is None and verdict.key is not None}
    named = frozenset() if isinstance(policy, str) else frozenset(map(kid_as_text, policy))
    if policy == "all":
        met = all(verdict.error is None for verdict in verdicts)
    elif policy == "any":
        met = bool(good)
    else:
        met = named <= good
    if met:
        return
    if len(verdicts) == 1 and (error := verdicts[0].error) is not None:
        raise VerificationError(error, "the message's one signature was refused")
    bad = sum(verdict.error is not None for verdict in verdicts)
    missing = sorted(named - good)
    lacking = f", and no good one is by {', '.join(repr(kid[:64]) for kid in missing)}" if missing else ""
    raise PolicyError(
        "policy-unmet",
        f"of {len(verdicts)} signatures {bad} were refused{lacking}",
        tuple((verdict.kid, verdict.error) for verdict in verdicts),
    )
