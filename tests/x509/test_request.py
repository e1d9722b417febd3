"""Certificate requests: what they hold, and which are believed."""

from __future__ import annotations

import base64

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key
from cryptography.x509.oid import ExtensionOID
from hypothesis import given
from hypothesis import strategies as st

from kmsjose.errors import InputError
from kmsjose.x509 import Request, csr, name, read_request
from kmsjose.x509.request import MAX_REQUEST_SIZE
from tests.pki import named

NAMES = ["dns:issuer.example", "uri:https://issuer.example", "ip:192.0.2.1", "email:ca@issuer.example"]


@pytest.fixture(scope="module")
def pem(signers):
    return csr(signers["ES256"], "CN=issuer,O=Example", NAMES)


def asked(key, *extensions, digest=None, subject="x") -> str:
    """A request by a library of its own, with any extensions."""
    builder = x509.CertificateSigningRequestBuilder().subject_name(named(subject) if subject else x509.Name([]))
    for extension in extensions:
        builder = builder.add_extension(extension, critical=False)
    return builder.sign(key, digest or hashes.SHA256()).public_bytes(Encoding.PEM).decode()


def armoured(der: bytes) -> str:
    """Any bytes as a PEM that says to be a request."""
    body = base64.encodebytes(der).decode()
    return f"-----BEGIN CERTIFICATE REQUEST-----\n{body}-----END CERTIFICATE REQUEST-----\n"


def spki(material) -> bytes:
    return material.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


class TestMaking:
    def test_it_is_signed_by_the_key_that_it_is_for(self, signer):
        loaded = x509.load_pem_x509_csr(csr(signer, "CN=issuer").encode())
        assert loaded.is_signature_valid
        assert spki(loaded.public_key()) == signer.public_key.spki

    def test_it_holds_the_names_and_nothing_else(self, pem):
        loaded = x509.load_pem_x509_csr(pem.encode())
        assert loaded.subject == name("CN=issuer,O=Example")
        assert [extension.oid for extension in loaded.extensions] == [ExtensionOID.SUBJECT_ALTERNATIVE_NAME]
        assert len(list(loaded.attributes)) == 1

    def test_without_other_names_it_has_no_extension(self, signers):
        assert list(x509.load_pem_x509_csr(csr(signers["ES256"], "CN=issuer").encode()).extensions) == []

    def test_without_a_subject_the_other_names_are_critical(self, signers):
        (extension,) = x509.load_pem_x509_csr(csr(signers["ES256"], "", NAMES).encode()).extensions
        assert extension.critical

    def test_without_any_name_it_is_refused(self, signers, refused):
        with refused("name-invalid", InputError):
            csr(signers["ES256"], "")

    def test_ed25519_with_more_names_than_kms_signs_is_refused_before_any_call(
        self, kmsjose_signer, kmsjose_faults, refused
    ):
        signer = kmsjose_signer("EdDSA")
        kmsjose_faults.throttle("Sign")
        with refused("message-too-large", InputError):
            csr(signer, "CN=issuer", [f"dns:host-{i}.issuer.example" for i in range(200)])


class TestReading:
    def test_what_was_asked_for_comes_back(self, signer):
        request = read_request(csr(signer, "CN=issuer,O=Example", NAMES))
        assert request.subject.rfc4514_string() == "CN=issuer,O=Example"
        assert request.sans == tuple(NAMES)
        assert spki(request.material) == signer.public_key.spki

    def test_bytes_and_text_around_it(self, pem):
        assert read_request(f"Subject: issuer\n{pem}".encode()) == read_request(pem)

    def test_a_broken_signature(self, signer, refused):
        loaded = x509.load_pem_x509_csr(csr(signer, "CN=issuer").encode())
        der = bytearray(loaded.public_bytes(Encoding.DER))
        der[-1] ^= 1
        with refused("request-invalid", InputError):
            read_request(armoured(bytes(der)))

    def test_the_key_of_somebody_else(self, signers, pem, refused):
        # The names and signature of one key around the public key of another.
        der = x509.load_pem_x509_csr(pem.encode()).public_bytes(Encoding.DER)
        other = spki(ec.generate_private_key(ec.SECP256R1()).public_key())
        forged = der.replace(signers["ES256"].public_key.spki, other)
        assert forged != der
        with refused("request-invalid", InputError):
            read_request(armoured(forged))

    @pytest.mark.parametrize(
        "given_pem",
        [
            "",
            "garbage",
            "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n",
            "x" * (MAX_REQUEST_SIZE + 1),
            b"\xff",
            "\ud800",
            5,
            None,
        ],
        ids=lambda pem: repr(pem)[:40],
    )
    def test_what_is_no_request(self, given_pem, refused):
        with refused("request-invalid", InputError):
            read_request(given_pem)

    def test_several_at_once(self, pem, refused):
        with refused("request-invalid", InputError):
            read_request(pem + pem)

    def test_a_weak_hash(self, private_keys, refused):
        with refused("request-invalid", InputError):
            read_request(asked(private_keys["RS256"], digest=hashes.SHA224()))

    @pytest.mark.parametrize(
        "make",
        [lambda: rsa.generate_private_key(65537, 1024), lambda: ec.generate_private_key(ec.BrainpoolP256R1())],
        ids=["RSA-1024", "brainpool"],
    )
    def test_a_key_that_no_algorithm_here_uses(self, make, refused):
        with refused("key-invalid", InputError):
            read_request(asked(make()))

    @pytest.mark.parametrize(
        "wrong",
        [
            x509.DNSName("a b"),
            x509.DNSName("bank.example\0.evil.example"),
            x509.UniformResourceIdentifier("no-scheme"),
            x509.RFC822Name("nobody"),
            x509.DirectoryName(named("x")),
            x509.RegisteredID(x509.ObjectIdentifier("1.2.3")),
            x509.OtherName(x509.ObjectIdentifier("1.2.3"), b"\x05\x00"),
        ],
        ids=repr,
    )
    def test_a_name_that_would_not_be_written_here(self, private_keys, wrong, refused):
        with refused("name-invalid", InputError):
            read_request(asked(private_keys["ES256"], x509.SubjectAlternativeName([wrong])))

    def test_a_subject_that_can_t_be_seen(self, private_keys, refused):
        with refused("name-invalid", InputError):
            read_request(asked(private_keys["ES256"], subject="bank\u202eelpmaxe"))

    def test_what_else_it_asks_for_is_left_aside(self, private_keys):
        request = read_request(asked(private_keys["ES256"], x509.BasicConstraints(ca=True, path_length=None)))
        assert request == Request(request.material, named("x"))

    def test_one_without_any_name(self, private_keys, refused):
        with refused("name-invalid", InputError):
            read_request(asked(private_keys["ES256"], subject=""))

    @given(data=st.binary(max_size=200) | st.text(max_size=200))
    def test_anything_raises_only_our_errors(self, data):
        with pytest.raises(InputError):
            read_request(data)

    @given(place=st.integers(min_value=0), value=st.integers(0, 255))
    def test_any_byte_changed_is_refused_or_is_none_that_was_signed(self, pem, place, value):
        original = x509.load_pem_x509_csr(pem.encode())
        der = bytearray(original.public_bytes(Encoding.DER))
        der[place % len(der)] = value
        try:
            read_request(armoured(bytes(der)))
        except InputError:
            assert bytes(der) != original.public_bytes(Encoding.DER)
        else:
            assert x509.load_der_x509_csr(bytes(der)).tbs_certrequest_bytes == original.tbs_certrequest_bytes


class TestRequest:
    def test_one_for_a_key_whose_owner_is_known(self, signer):
        request = Request.of(signer.public_key, "CN=x", ["dns:a.example"])
        assert (request.material, request.sans) == (signer.public_key.material, ("dns:a.example",))

    def test_its_repr_shows_names_alone(self, signers):
        assert repr(Request.of(signers["ES256"].public_key, "CN=x")) == "Request(subject=<Name(CN=x)>, sans=())"

    def test_a_key_of_no_algorithm_is_refused(self, refused):
        material = load_pem_public_key(
            ec.generate_private_key(ec.SECP192R1())
            .public_key()
            .public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        )
        with refused("key-invalid", InputError):
            Request(material, named("x"))
