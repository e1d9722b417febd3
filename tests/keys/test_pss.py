"""RSA keys that X.509 restricts to PSS (RFC 4055): what their parameters allow, and nothing else."""

from __future__ import annotations

import datetime
import itertools
import math
from base64 import b64encode
from collections.abc import Mapping
from functools import cache

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from kmsjose import KeySet, LocalSigner, PublicKey, jws, with_chain
from kmsjose.errors import InputError
from kmsjose.keys import Chain
from kmsjose.keys.pss import rows_of_certificate, rows_of_request

PSS = ["PS256", "PS384", "PS512"]
PKCS1 = ["RS256", "RS384", "RS512"]
RSA = "06092a864886f70d010101"
RSASSA_PSS = "06092a864886f70d01010a"
MGF1 = "06092a864886f70d010108"
HASHES = {
    "PS256": "0609608648016503040201",
    "PS384": "0609608648016503040202",
    "PS512": "0609608648016503040203",
    "SHA-1": "06052b0e03021a",
}
NULL = "0500"


def tlv(tag: str, *contents: str) -> str:
    content = "".join(contents)
    size = len(content) // 2
    length = f"{size:02x}" if size < 128 else f"82{size:04x}"
    return f"{tag}{length}{content}"


def parameters(digest: str, mask: str, salt: int | None, trailer: int | None = None, null: str = NULL) -> str:
    """RSASSA-PSS-params (RFC 4055 section 3.1)."""
    members = [
        tlv("a0", tlv("30", HASHES[digest], null)),
        tlv("a1", tlv("30", MGF1, tlv("30", HASHES[mask], null))),
    ]
    members += [] if salt is None else [tlv("a2", tlv("02", f"{salt:02x}"))]
    members += [] if trailer is None else [tlv("a3", tlv("02", f"{trailer:02x}"))]
    return tlv("30", *members)


@cache
def private_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


def spki(given: str | None) -> bytes:
    """The key's SubjectPublicKeyInfo as id-RSASSA-PSS with the parameters that are given."""
    der = (
        private_key()
        .public_key()
        .public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    bits = der[der.index(bytes.fromhex(RSA + NULL)) + 13 :].hex()
    return bytes.fromhex(tlv("30", tlv("30", RSASSA_PSS, given or ""), bits))


def pem(der: bytes, headers: str = "", label: str = "PUBLIC KEY") -> str:
    return f"-----BEGIN {label}-----{headers}\n{b64encode(der).decode()}\n-----END {label}-----\n"


def resigned(content: bytes, given: str | None, signature: bytes) -> bytes:
    """What was signed, of such a key; the signature does not verify, since the content was exchanged."""
    old = (
        private_key()
        .public_key()
        .public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    algorithm = tlv("30", "06092a864886f70d01010b", NULL)
    exchanged = tlv("30", content.replace(old, spki(given)).hex())
    return bytes.fromhex(tlv("30", exchanged, algorithm, tlv("03", "00" + signature.hex())))


def request(given: str | None) -> bytes:
    """A certificate request of such a key."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "pss")])
    plain = x509.CertificateSigningRequestBuilder().subject_name(name).sign(private_key(), hashes.SHA256())
    return resigned(plain.tbs_certrequest_bytes[4:], given, plain.signature)


def certificate(given: str | None, version: int = 3) -> bytes:
    """A certificate of such a key."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "pss")])
    start = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
    plain = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private_key().public_key())
        .serial_number(7)
        .not_valid_before(start)
        .not_valid_after(start + datetime.timedelta(days=3650))
        .sign(private_key(), hashes.SHA256())
    )
    content = plain.tbs_certificate_bytes[4:]
    return resigned(content if version == 3 else content[5:], given, plain.signature)


WAYS: Mapping[str, object] = {
    "DER": lambda given, alg: PublicKey.from_der(spki(given), alg),
    "PEM": lambda given, alg: PublicKey.from_pem(pem(spki(given)), alg),
    "PEM with headers": lambda given, alg: PublicKey.from_pem(pem(spki(given), "\nComment: a key\nX: y\n"), alg),
    "PEM with dashes in its headers": lambda given, alg: PublicKey.from_pem(
        pem(spki(given), "\nProc-Type: 4\nX-Y: z\n"), alg
    ),
    "PEM of the other label": lambda given, alg: PublicKey.from_pem(pem(spki(given), label="RSA PUBLIC KEY"), alg),
    "certificate in PEM": lambda given, alg: PublicKey.from_pem(pem(certificate(given), label="CERTIFICATE"), alg),
    "certificate": lambda given, alg: Chain.from_der([certificate(given)]).public_key(alg),
}


@pytest.fixture(params=WAYS.values(), ids=WAYS)
def read(request):
    return request.param


@pytest.mark.parametrize("alg", PSS)
@pytest.mark.parametrize("null", [NULL, ""], ids=["NULL", "absent"])
def test_a_key_of_one_hash_takes_the_algorithm_of_that_hash_alone(read, alg, null, refused):
    given = parameters(alg, alg, 32, null=null)
    assert read(given, alg).algorithm.name == alg
    assert read(given, None).algorithm.name == alg
    for other in {*PSS, *PKCS1} - {alg}:
        with refused("alg-unsupported-by-key", InputError):
            read(given, other)


def test_a_key_without_parameters_takes_any_pss_and_no_pkcs1(read, refused):
    assert [read(None, alg).algorithm.name for alg in PSS] == PSS
    with refused("alg-required", InputError):
        read(None, None)
    for alg in PKCS1:
        with refused("alg-unsupported-by-key", InputError):
            read(None, alg)


@pytest.mark.parametrize("salt, fits", [(None, True), (0, True), (19, True), (32, True), (33, False), (48, False)])
def test_the_salt_of_the_parameters_is_the_least(read, salt, fits, refused):
    given = parameters("PS256", "PS256", salt)
    if fits:
        assert read(given, "PS256").algorithm.name == "PS256"
    else:
        with refused("key-invalid", InputError):
            read(given, "PS256")


@pytest.mark.parametrize("trailer, fits", [(1, True), (2, False)])
def test_the_trailer_of_the_parameters_is_the_one_there_is(read, trailer, fits, refused):
    given = parameters("PS256", "PS256", 32, trailer)
    if fits:
        assert read(given, "PS256").algorithm.name == "PS256"
    else:
        with refused("key-invalid", InputError):
            read(given, "PS256")


@pytest.mark.parametrize("version", [1, 3])
def test_the_key_of_a_certificate_is_found_in_each_version(version):
    """The first has no number of a version, nor extensions (RFC 5280 section 4.1)."""
    loaded = x509.load_der_x509_certificate(certificate(parameters("PS384", "PS384", 48), version))
    assert loaded.version is x509.Version[f"v{version}"]
    assert [row.name for row in rows_of_certificate(loaded)] == ["PS384"]


@pytest.mark.parametrize("given, names", [(parameters("PS384", "PS384", 48), ["PS384"]), (None, PSS)])
def test_a_certificate_request_tells_it_too(given, names):
    loaded = x509.load_der_x509_csr(request(given))
    assert [row.name for row in rows_of_request(loaded)] == names


def test_a_certificate_request_of_another_key_tells_nothing():
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "rsa")])
    plain = x509.CertificateSigningRequestBuilder().subject_name(name).sign(private_key(), hashes.SHA256())
    assert rows_of_request(plain) is None


@pytest.mark.parametrize(
    "given",
    [
        tlv("30"),
        parameters("SHA-1", "SHA-1", 20),
        parameters("PS256", "SHA-1", 32),
        parameters("PS256", "PS384", 32),
        tlv("30", tlv("a0", tlv("30", HASHES["PS256"], NULL))),
        parameters("PS256", "PS256", 32).replace(MGF1, "06092a864886f70d010109"),
    ],
    ids=[
        "of SHA-1, by default",
        "of SHA-1",
        "with a mask of SHA-1",
        "with a mask of another hash",
        "without a mask",
        "with another mask",
    ],
)
def test_a_key_that_no_algorithm_here_fits_is_refused(given, refused):
    for alg in (None, *PSS, *PKCS1):
        for way in ("DER", "PEM"):
            with refused("key-invalid", InputError):
                WAYS[way](given, alg)


def test_a_key_that_is_not_restricted_takes_all_six():
    der = (
        private_key()
        .public_key()
        .public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    for alg in itertools.chain(PSS, PKCS1):
        assert PublicKey.from_der(der, alg).algorithm.name == alg
        assert PublicKey.from_pem(pem(der), alg).algorithm.name == alg


@pytest.mark.parametrize("start", ["80", "81fd", "81fe", "ff", "8180300f060d" + RSASSA_PSS])
def test_a_bare_rsa_key_is_not_restricted_however_its_modulus_reads_as_der(start):
    """RFC 8017 appendix A.1.1: what begins here with a number begins in SubjectPublicKeyInfo with the algorithm."""
    least = int.from_bytes(bytes.fromhex(start).ljust(256, b"\x55"))
    modulus = next(n for n in itertools.count(least, 2) if math.gcd(n, math.prod(range(3, 752, 2))) == 1)
    der = bytes.fromhex(tlv("30", tlv("02", "00" + modulus.to_bytes(256).hex()), tlv("02", "010001")))
    for alg in itertools.chain(PSS, PKCS1):
        assert PublicKey.from_der(der, alg).algorithm.name == alg
        assert PublicKey.from_pem(pem(der, label="RSA PUBLIC KEY"), alg).algorithm.name == alg


def test_a_restricted_key_verifies_what_its_algorithm_signed():
    token = jws.sign(b"payload", LocalSigner(private_key(), "PS256", "key"))
    key = PublicKey.from_der(spki(parameters("PS256", "PS256", 32)), kid="key")
    assert jws.verify(token, KeySet([key])).payload == b"payload"


@pytest.mark.parametrize("second", ["PUBLIC KEY", "RSA PUBLIC KEY"])
def test_the_restriction_of_one_key_is_not_taken_for_that_of_another(second, refused):
    plain = private_key().public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.PKCS1)
    for both in (pem(plain, label=second) + pem(spki(None)), pem(spki(None)) + pem(plain, label=second)):
        with refused("key-invalid", InputError):
            PublicKey.from_pem(both, "RS256")


def test_the_x5c_of_a_jwk_restricts_it_too(refused):
    jwk = PublicKey.of(private_key().public_key(), "PS256").to_jwk()
    x5c = [b64encode(certificate(parameters("PS256", "PS256", 32))).decode()]
    assert PublicKey.from_jwk({**jwk, "x5c": x5c}).algorithm.name == "PS256"
    for alg in (*PKCS1, "PS384"):
        with refused("key-invalid", InputError):
            PublicKey.from_jwk({**jwk, "alg": alg, "x5c": x5c})
    del jwk["alg"]
    keys = KeySet.from_jwks({"keys": [{**jwk, "x5c": x5c}]}, ("RS256", "PS256"))
    assert [key.algorithm.name for key in keys] == ["PS256"]


def test_a_chain_of_a_restricted_key_is_not_put_beside_pkcs1(refused):
    chain = Chain.from_der([certificate(parameters("PS256", "PS256", 32))])
    now = datetime.datetime(2026, 6, 1, tzinfo=datetime.UTC)
    with_chain(LocalSigner(private_key(), "PS256"), chain, now=now)
    for alg in ("RS256", "PS384"):
        with refused("chain-invalid", InputError):
            with_chain(LocalSigner(private_key(), alg), chain, now=now)
