"""A certificate whose extensions are odd: its bare key is read, and who needs the extension is told which one it is."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from kmsjose import LocalSigner, PublicKey, jwt, with_chain
from kmsjose.errors import InputError
from kmsjose.keys.certificate import Certificate
from kmsjose.keys.chain import Chain, check_chain, check_leaf, check_path
from kmsjose.keys.trust import check_trust, read_anchors
from kmsjose.x509 import Request, issue

NOW = datetime(2026, 6, 1, tzinfo=UTC)
CA_KEY, KEY = ec.derive_private_key(11, ec.SECP256R1()), ec.derive_private_key(12, ec.SECP256R1())
BASIC, USAGE, PURPOSES = "2.5.29.19", "2.5.29.15", "2.5.29.37"
ALTERNATIVE, POLICIES, POINTS = "2.5.29.17", "2.5.29.32", "2.5.29.31"
#: What is wrong with an extension, each with its number, its value in DER and the name that is told.
ODD = {
    "basicConstraints with cA false written out": (BASIC, "3003010100", "basicConstraints"),
    "basicConstraints with a cA that is neither": (BASIC, "3003010101", "basicConstraints"),
    "basicConstraints of nothing": (BASIC, "", "basicConstraints"),
    "basicConstraints that is no sequence": (BASIC, "0101ff", "basicConstraints"),
    "basicConstraints that ends too soon": (BASIC, "30030101", "basicConstraints"),
    "basicConstraints with something behind it": (BASIC, "300000", "basicConstraints"),
    "basicConstraints with a path length below zero": (BASIC, "30060101ff0201ff", "basicConstraints"),
    "keyUsage of encipherOnly alone": (USAGE, "03020001", "keyUsage"),
    "keyUsage of decipherOnly alone": (USAGE, "0303070080", "keyUsage"),
    "keyUsage that is a number": (USAGE, "020101", "keyUsage"),
    "keyUsage that is no bit string": (USAGE, "040106", "keyUsage"),
    "keyUsage of nothing": (USAGE, "", "keyUsage"),
    "extKeyUsage that is one identifier": (PURPOSES, "06082b06010505070301", "extKeyUsage"),
    "extKeyUsage of text": (PURPOSES, "30030c0161", "extKeyUsage"),
    "extKeyUsage cut off": (PURPOSES, "300a06082b0601050507", "extKeyUsage"),
    "a subjectAltName of an unknown kind": (ALTERNATIVE, "3003890161", "subjectAltName"),
    "a subjectAltName with an address of 3 bytes": (ALTERNATIVE, "30058703010203", "subjectAltName"),
    "a subjectAltName that is text": (ALTERNATIVE, "0c0161", "subjectAltName"),
    "certificatePolicies that are a boolean": (POLICIES, "0101ff", "certificatePolicies"),
    "cRLDistributionPoints that are a number": (POINTS, "020101", "cRLDistributionPoints"),
    "authorityInfoAccess that is a number": ("1.3.6.1.5.5.7.1.1", "020101", "1.3.6.1.5.5.7.1.1"),
    "timestamps that are a number": ("1.3.6.1.4.1.11129.2.4.2", "020101", "1.3.6.1.4.1.11129.2.4.2"),
}
GOOD_USAGE = (USAGE, bytes.fromhex("03020780"))


def certificate(key, *extensions, issuer="CA", subject="leaf", by=CA_KEY):
    """A certificate of extensions that are not checked as they are written."""
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(NOW - timedelta(days=1))
        .not_valid_after(NOW + timedelta(days=1))
    )
    for number, value in extensions:
        odd = x509.UnrecognizedExtension(x509.ObjectIdentifier(number), value)
        builder = builder.add_extension(odd, critical=number == BASIC)
    return builder.sign(by, hashes.SHA256())


def der_of(native):
    return native.public_bytes(Encoding.DER)


CA = certificate(CA_KEY, (BASIC, bytes.fromhex("30030101ff")), (USAGE, bytes.fromhex("03020106")), subject="CA")


@pytest.mark.parametrize("number, value, name", ODD.values(), ids=ODD)
class TestOdd:
    @pytest.fixture
    def leaf(self, number, value):
        others = [] if number == USAGE else [GOOD_USAGE]
        return certificate(KEY, *others, (number, bytes.fromhex(value)))

    def test_its_bare_key_is_read_by_every_way(self, leaf, name):
        assert name
        pem = leaf.public_bytes(Encoding.PEM)
        expected = PublicKey.of(KEY.public_key())
        in_x5c = {**expected.to_jwk(), "x5c": [base64.b64encode(der_of(leaf)).decode()]}
        assert PublicKey.from_pem(pem).spki == PublicKey.from_jwk(in_x5c).spki == expected.spki
        assert PublicKey.from_pem(pem).x5c == (der_of(leaf),)
        assert Chain.from_der([der_of(leaf), der_of(CA)]).public_key().spki == expected.spki
        assert Certificate.from_der(der_of(leaf)).is_signed_by(Certificate.from_der(der_of(CA)))
        token = jwt.sign({"a": 1}, LocalSigner(KEY))
        assert jwt.verify(token, PublicKey.from_pem(pem), require=()).claims["a"] == 1

    def test_who_needs_the_extension_is_told_its_name(self, leaf, name, refused):
        chain = Chain.from_der([der_of(leaf), der_of(CA)])
        key = PublicKey.of(KEY.public_key())
        anchors = read_anchors(CA.public_bytes(Encoding.PEM))
        for check in (
            lambda: check_leaf(chain.leaf),
            lambda: check_path(chain.certificates, at=NOW),
            lambda: check_chain(chain, key, at=NOW),
            lambda: check_trust(chain, anchors, at=NOW),
        ):
            with refused("certificate-invalid") as caught:
                check()
            assert f"the extension {name} " in caught.value.message
        with refused("certificate-invalid", InputError):
            with_chain(LocalSigner(KEY), chain)

    def test_it_is_no_ca_and_no_anchor(self, number, value, name, refused):
        odd = certificate(
            CA_KEY, *([] if number == USAGE else [GOOD_USAGE]), (number, bytes.fromhex(value)), subject="CA"
        )
        leaf = Certificate.from_der(der_of(certificate(KEY, GOOD_USAGE)))
        anchors = read_anchors(odd.public_bytes(Encoding.PEM) + CA.public_bytes(Encoding.PEM))
        check_trust(Chain((leaf,)), anchors, at=NOW)  # The other certificate of that CA stands for it.
        with refused("certificate-invalid") as caught:
            check_trust(Chain((leaf,)), anchors[:1], at=NOW)
        assert f"the extension {name} " in caught.value.message
        with refused("certificate-invalid", InputError):
            issue(LocalSigner(CA_KEY), Chain((anchors[0],)), Request.of(PublicKey.of(KEY.public_key()), "CN=a"),
                  lifetime=timedelta(hours=1), now=NOW)  # fmt: skip


def test_one_that_stands_twice_is_named(refused):
    # Two extensions of the same length: what the second is becomes what the first is.
    good = der_of(certificate(KEY, GOOD_USAGE, ("1.2.3.4", b"\x05\0\x05\0")))
    first, second = (good[good.index(bytes.fromhex(number)) - 2 :][:13] for number in ("0603551d0f", "06032a0304"))
    doubled = good.replace(second, first)
    assert PublicKey.from_pem(x509.load_der_x509_certificate(doubled).public_bytes(Encoding.PEM)).kid
    with refused("certificate-invalid") as caught:
        check_leaf(Certificate.from_der(doubled))
    assert "the extension keyUsage " in caught.value.message


@pytest.mark.parametrize(
    "number, der",
    [
        ("0.39.3", "06022703"), ("1.0.3", "06022803"), ("1.39.3", "06024f03"), ("2.0.3", "06025003"),
        ("2.40.3", "06027803"), ("2.999.3", "0603883703"), ("1.2.840.113549.3", "06072a864886f70d03"),
    ],
)  # fmt: skip
def test_one_of_no_known_name_that_stands_twice_is_told_by_its_number(number, der, refused):
    alike, twice = number[:-1] + "4", bytes.fromhex(der)
    good = der_of(certificate(KEY, (number, b"\x05\0"), (alike, b"\x05\0")))
    doubled = good.replace(twice[:-1] + b"\4", twice)
    with refused("certificate-invalid") as caught:
        check_leaf(Certificate.from_der(doubled))
    assert f"the extension {number} " in caught.value.message


@pytest.mark.parametrize("size", [*range(100, 130), *range(230, 260), 60_000])
def test_it_is_named_behind_one_of_any_length(size, refused):
    leaf = certificate(KEY, ("1.2.3.4", bytes(size)), (USAGE, b""))
    with refused("certificate-invalid") as caught:
        check_leaf(Certificate.from_der(der_of(leaf)))
    assert "the extension keyUsage " in caught.value.message


def test_the_first_of_several_is_named(refused):
    odd = [(f"1.2.3.{number}", b"\x05\0") for number in range(5)]
    leaf = certificate(KEY, *odd, (POLICIES, b"\1\1\xff"), (BASIC, bytes.fromhex("3003010100")))
    with refused("certificate-invalid") as caught:
        check_leaf(Certificate.from_der(der_of(leaf)))
    assert "the extension certificatePolicies " in caught.value.message


def test_among_very_many_none_is_looked_for(refused):
    odd = [(f"1.2.3.{number}", b"\x05\0") for number in range(100)]
    with refused("certificate-invalid") as caught:
        check_leaf(Certificate.from_der(der_of(certificate(KEY, *odd, (BASIC, b"")))))
    assert "the extension unknown " in caught.value.message
