"""Messages whose signature is good, so that what is wrong with their header or form is all that can refuse them."""

from __future__ import annotations

import pytest

from kmsjose.cbor import dumps, tagged
from kmsjose.cose.structures import sig_structure, sig_structure1


def encoded(header) -> bytes:
    """The content of a protected byte string: bytes as they are, a mapping encoded."""
    return header if isinstance(header, bytes) else dumps(header)


@pytest.fixture(scope="session")
def forge1():
    """A COSE_Sign1 of any headers (bytes, or a mapping), truly signed."""

    def make(signer, protected, unprotected=None, payload=b"payload", *, external_aad=b"", tag=18) -> bytes:
        inner = encoded(protected)
        signature = signer.sign(sig_structure1(inner, external_aad, payload))
        # Put together by hand, since what is wrong may be something that `dumps` would not write.
        outer = unprotected if isinstance(unprotected, bytes) else dumps(unprotected or {})
        message = b"\x84" + dumps(inner) + outer + dumps(payload) + dumps(signature)
        return message if tag is None else tagged(tag, message)

    return make


@pytest.fixture(scope="session")
def forge_entry():
    """One signature of a COSE_Sign, of any headers, truly signed; as what `dumps` writes."""

    def make(signer, protected, unprotected=None, payload=b"payload", *, body=b"", external_aad=b"") -> list:
        inner = encoded(protected)
        return [inner, unprotected or {}, signer.sign(sig_structure(body, inner, external_aad, payload))]

    return make


@pytest.fixture
def header_of():
    """The protected header that a key's signature needs."""
    return lambda signer: {1: signer.public_key.algorithm.cose, 4: signer.public_key.kid.encode()}
