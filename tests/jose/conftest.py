"""Tokens whose signature is good, so that what is wrong with their header is all that can refuse them."""

from __future__ import annotations

import json

import pytest

from kmsjose.encoding import b64url_encode


@pytest.fixture(scope="session")
def forge():
    """A compact token of any header (bytes, or a mapping), truly signed; its payload enters encoded unless `raw`."""

    def make(signer, header, payload=b"payload", *, raw=False) -> str:
        text = header if isinstance(header, bytes) else json.dumps(header).encode()
        body = payload if raw else b64url_encode(payload)
        signing_input = b64url_encode(text) + b"." + body
        return (signing_input + b"." + b64url_encode(signer.sign(signing_input))).decode()

    return make


@pytest.fixture(scope="session")
def forge_entry():
    """One signature of a JSON JWS, of any protected header, truly signed."""

    def make(signer, protected, payload=b"payload", unprotected=None, *, raw=False) -> dict:
        text = protected if isinstance(protected, bytes) else json.dumps(protected).encode()
        encoded = b64url_encode(text) if protected is not None else b""
        body = payload if raw else b64url_encode(payload)
        entry = {"signature": b64url_encode(signer.sign(encoded + b"." + body)).decode()}
        if protected is not None:
            entry["protected"] = encoded.decode()
        if unprotected is not None:
            entry["header"] = unprotected
        return entry

    return make
