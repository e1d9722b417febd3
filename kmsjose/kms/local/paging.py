"""Listings in pages: a marker names the last entry that was shown, so that what is added in between loses nothing."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping, Sequence

from .refusals import Refusal, constraint
from .requests import Request


def page(
    request: Request, names: Sequence[str], default: int, most: int = 1000
) -> tuple[list[str], Mapping[str, object]]:
    """One page of sorted names, and the members of the answer that say whether more follow.

    Args:
        request: With ``Limit`` and ``Marker``, if they were given.
        names: All names in order, each once.
        default: The limit if none was given.
        most: The greatest limit: the service model has one for all listings, and some have a lower one.

    Raises:
        Refusal: ``InvalidMarkerException``, ``ValidationException``.
    """
    after = _name_of(request.text("Marker")) if request.has("Marker") else ""
    limit = int(request.number("Limit", default))
    if limit > most:
        raise constraint(f"'{limit}'", "Limit", f"have value less than or equal to {most}")
    following = [name for name in names if name > after]
    shown = following[:limit]
    if len(shown) == len(following):
        return shown, {"Truncated": False}
    return shown, {"Truncated": True, "NextMarker": urlsafe_b64encode(shown[-1].encode()).decode()}


def _name_of(marker: str) -> str:
    try:
        return urlsafe_b64decode(marker.encode("ascii")).decode()
    except ValueError:
        raise Refusal("InvalidMarkerException", "Could not deserialize marker") from None
