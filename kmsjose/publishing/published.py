"""What a folder publishes: the keys and the issuer that the next publication goes on from."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from ..arguments import checked
from ..encoding import json_object
from ..errors import InputError, VerificationError
from ..keys import KeySet
from ..keys.did_web import did_web, did_web_path
from .folder import Directory, file_errors, read_file
from .tree import JWKS, VC_ISSUER

__all__ = ["published_issuer", "published_keys"]

_HELP: Final = "mend the file, or put an older copy in its place, by which no revoked key comes back"


@checked
def published_keys(directory: Directory) -> KeySet:
    """The keys of the JWK Set that a folder publishes; none if it has no such file.

    Raises:
        InputError: ``file-unreadable``; ``key-invalid``, ``key-private``, ``key-conflict``: it is damaged, or holds a
            key that is not understood, and would be lost if the others were published anew.
    """
    data = read_file(directory, JWKS)
    if data is None:
        return KeySet(())
    where = Path(directory, JWKS)
    try:
        keys = KeySet.from_jwks(data)
    except InputError as error:
        raise InputError(error.code, f"{where}: {error.message}; {_HELP}") from error
    for skipped in keys.skipped:
        raise InputError(
            "key-invalid", f"{where}: key {skipped.index + 1} is not understood: {skipped.reason}; {_HELP}"
        )
    return keys


@checked
def published_issuer(directory: Directory) -> str | None:
    """The issuer whose metadata a folder publishes; None if it has none.

    Raises:
        InputError: ``file-unreadable``; ``json-invalid``: the metadata is damaged, or that of an issuer who has another
            path; ``usage``: there are several issuers.
    """
    found = list(_issuers(directory))
    if len(found) > 1:
        raise InputError(
            "usage", f"{Path(directory, VC_ISSUER)} has {len(found)} issuers: remove the files of all but one"
        )
    data = read_file(directory, found[0]) if found else None
    if data is None:
        return None
    where = Path(directory, found[0])
    try:
        issuer = str(json_object(data).get("issuer"))
        path = did_web_path(did_web(issuer))
    except (VerificationError, InputError) as error:
        raise InputError("json-invalid", f"{where}: {error.message}") from error
    if found[0] != "/".join((VC_ISSUER, *path)):
        raise InputError("json-invalid", f"{where} is the metadata of an issuer who has another path")
    return issuer


def _issuers(directory: Directory) -> Iterator[str]:
    """The paths of all issuer metadata: a file, or those of a folder."""
    root = Path(directory)
    top = root / VC_ISSUER
    with file_errors("file-unreadable", directory, VC_ISSUER):
        several = top.is_dir() and not top.is_symlink()
    if several:
        for folder, _, names in os.walk(top, onerror=_refuse):
            # What a killed write has left is named with a dot, and no issuer is.
            yield from (Path(folder, name).relative_to(root).as_posix() for name in names if not name.startswith("."))
    else:
        yield VC_ISSUER


def _refuse(error: OSError) -> None:
    raise InputError("file-unreadable", f"{error.filename}: {error.strerror}") from error
