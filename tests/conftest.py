"""Fixtures that every suite shares: one key for each algorithm, made once a session and only if asked for."""

from __future__ import annotations

import datetime
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, mldsa, rsa
from cryptography.x509.oid import NameOID
from hypothesis import HealthCheck, settings

from kmsjose.algorithms import BY_NAME, TABLE, Algorithm
from kmsjose.errors import KmsJoseError, VerificationError
from kmsjose.keys import KeySet
from kmsjose.signers import LocalSigner
from tests.https import Authority, Server, response, serving

pytest.register_assert_rewrite("tests.contracts")

# No deadline: a loaded machine is not a failure. A differing executor is xdist's and pytest's own doing.
settings.register_profile("kmsjose", deadline=None, suppress_health_check=[HealthCheck.differing_executors])
settings.load_profile("kmsjose")

_GENERATE: dict[str, Callable[[], Any]] = {
    "ES256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "ES384": lambda: ec.generate_private_key(ec.SECP384R1()),
    "ES512": lambda: ec.generate_private_key(ec.SECP521R1()),
    "ES256K": lambda: ec.generate_private_key(ec.SECP256K1()),
    "EdDSA": ed25519.Ed25519PrivateKey.generate,
    "RSA": lambda: rsa.generate_private_key(65537, 2048),
    "ML-DSA-44": mldsa.MLDSA44PrivateKey.generate,
    "ML-DSA-65": mldsa.MLDSA65PrivateKey.generate,
    "ML-DSA-87": mldsa.MLDSA87PrivateKey.generate,
}


@cache
def _private_key(kind: str) -> Any:
    return _GENERATE[kind]()


class _Lazy(Mapping[str, Any]):
    """By JOSE name, either name of Ed25519; each value is made when it is first asked for."""

    def __init__(self, make: Callable[[Algorithm], Any]) -> None:
        self._make = cache(make)

    def __getitem__(self, name: str) -> Any:
        return self._make(BY_NAME[name])

    def __iter__(self) -> Iterator[str]:
        return (row.name for row in TABLE)

    def __len__(self) -> int:
        return len(TABLE)


@pytest.fixture(scope="session")
def private_keys() -> Mapping[str, Any]:
    """A `cryptography` private key by JOSE name; the six RSA algorithms share one, as they do in KMS."""
    return _Lazy(lambda row: _private_key("RSA" if row.kty == "RSA" else row.name))


@pytest.fixture(scope="session")
def signers(private_keys: Mapping[str, Any]) -> Mapping[str, LocalSigner]:
    """A LocalSigner by JOSE name."""
    return _Lazy(lambda row: LocalSigner(private_keys[row.name], row.name))


@pytest.fixture(scope="session")
def trusted(signers: Mapping[str, LocalSigner]) -> KeySet:
    """The public keys of all signers."""
    return KeySet(signer.public_key for signer in signers.values())


@pytest.fixture(scope="session")
def published(trusted: KeySet) -> KeySet:
    """The same keys, each with a kid of its own, as a set needs them that is published."""
    return KeySet(replace(key, kid=f"{key.algorithm.name} {key.kid}") for key in trusted)


@pytest.fixture(scope="session", params=TABLE, ids=lambda row: row.name)
def row(request: pytest.FixtureRequest) -> Algorithm:
    """Every algorithm in turn."""
    return request.param


@pytest.fixture(scope="session")
def signer(row: Algorithm, signers: Mapping[str, LocalSigner]) -> LocalSigner:
    """A LocalSigner of every algorithm in turn."""
    return signers[row.name]


@pytest.fixture(scope="session")
def _wrapping_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 4096)


@pytest.fixture
def quick_wrapping(_wrapping_key: rsa.RSAPrivateKey, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is imported into an embedded KMS is wrapped by one key, for to make one takes seconds."""
    from kmsjose.kms.local.specs import SPECS

    monkeypatch.setitem(SPECS, "RSA_4096", replace(SPECS["RSA_4096"], generate=lambda: _wrapping_key))


@pytest.fixture(scope="session")
def refused() -> Callable[..., AbstractContextManager[Any]]:
    """``with refused(code):`` states that a block raises our error of that code, and no other."""

    @contextmanager
    def expect(code: str, error: type[KmsJoseError] = VerificationError) -> Iterator[Any]:
        with pytest.raises(error) as caught:
            yield caught
        assert caught.value.code == code, caught.value

    return expect


@pytest.fixture(scope="session")
def certify(private_keys):
    """A certificate of a public key, issued by the session's ES256 key."""

    def make(public_key) -> x509.Certificate:
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
        start = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(public_key)
            .serial_number(7)
            .not_valid_before(start)
            .not_valid_after(start + datetime.timedelta(days=3650))
        )
        return builder.sign(private_keys["ES256"], hashes.SHA256())

    return make


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """A CA of the tests' own."""
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def no_proxy_or_bundle(monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting of the machine says how a host is reached, or whom to trust."""
    for name in list(os.environ):
        if name.lower().endswith("_proxy") or name in {"SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE"}:
            monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def server_context(authority: Authority) -> Any:
    """What a server on this machine needs to be trusted."""
    return authority.context("127.0.0.1", "localhost", "::1")


@pytest.fixture
def host(
    authority: Authority, server_context: Any, no_proxy_or_bundle: None, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Server]:
    """An https host that is trusted; what it answers, a test says."""
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.bundle))
    with serving(lambda _asked: [response(b"content")], server_context) as server:
        yield server
