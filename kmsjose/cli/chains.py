"""``--chain`` and ``--haip``: the certificates of a key, on their way into what it signs."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from ..errors import InputError
from . import streams

if TYPE_CHECKING:
    from ..keys import Chain
    from ..signers import Signer

#: Bytes of a chain in PEM: ten of the largest certificates.
_LIMIT: Final = 1 << 20


def load(path: str) -> Chain:
    """The chain of a PEM file.

    Raises:
        InputError: ``certificate-invalid``, ``key-private``, ``file-unreadable``, ``empty-input``.
    """
    from ..keys import Chain

    data = streams.read(path, _LIMIT)
    if len(data) > _LIMIT:
        raise InputError("certificate-invalid", f"{path} is over {_LIMIT} bytes")
    try:
        return Chain.from_pem(data)
    except InputError as error:
        raise InputError(error.code, f"{path}: {error.message}") from error


def attacher(path: str | None, *, haip: bool) -> Callable[[Signer], Signer]:
    """What gives a signer its chain, or leaves it as it is where there is none; the file is read now.

    Args:
        path: The PEM file, or None.
        haip: Hold the chain to HAIP's rules.

    Raises:
        InputError: as `load`; ``usage``: HAIP's rules without a chain. What is returned raises as `with_chain`.
    """
    if path is None:
        if haip:
            raise InputError("usage", "--haip is a rule for --chain, which is missing")
        return lambda signer: signer
    chain = load(path)

    def attach(signer: Signer) -> Signer:
        from ..keys import check_haip
        from ..signers import with_chain

        return with_chain(signer, chain, profile=check_haip if haip else None)

    return attach
