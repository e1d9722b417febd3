"""Certificate requests: what they hold, and which are believed."""

from __future__ import annotations

import base64

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
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


def relabelled(pem: str, label: str) -> str:
    """The same PEM by the label `CERTIFICATE REQUEST` with a word before it."""
    return pem.replace("CERTIFICATE REQUEST", f"{label}CERTIFICATE REQUEST")


def der_of(pem: str) -> bytes:
    """What a request's PEM holds."""
    return x509.load_pem_x509_csr(pem.encode()).public_bytes(Encoding.DER)


#: The identifiers of signature algorithms that are weak, in DER.
WEAK = {
    ("EC", "sha1"): "300906072a8648ce3d0401",
    ("EC", "sha224"): "300a06082a8648ce3d040301",
    ("RSA", "sha1"): "300d06092a864886f70d0101050500",
    ("RSA", "sha224"): "300d06092a864886f70d01010e0500",
    ("RSA", "md5"): "300d06092a864886f70d0101040500",
}


def signed_by(key, der: bytes, digest) -> bytes:
    """A request in DER, signed anew with a hash that no library signs requests with."""
    tbs = x509.load_der_x509_csr(der).tbs_certrequest_bytes
    of_rsa = isinstance(key, rsa.RSAPrivateKey)
    if of_rsa and digest.name == "md5":
        signature = bytes(256)  # OpenSSL may refuse to sign by it, and it is never verified
    else:
        signature = key.sign(tbs, padding.PKCS1v15(), digest) if of_rsa else key.sign(tbs, ec.ECDSA(digest))
    algorithm = bytes.fromhex(WEAK["RSA" if of_rsa else "EC", digest.name])
    return element(0x30, tbs + algorithm + element(3, b"\0" + signature))


def element(tag: int, content: bytes) -> bytes:
    """An element in DER of less than 64 KiB."""
    size = len(content)
    length = [size] if size < 128 else [0x81, size] if size < 256 else [0x82, *size.to_bytes(2)]
    return bytes([tag, *length]) + content


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

    @pytest.mark.parametrize("between", ["", "\n", "# the second\n", "-----END NOTHING-----\n"])
    @pytest.mark.parametrize("labels", [
        ("", ""), ("NEW ", "NEW "), ("", "NEW "), ("NEW ", ""), ("NEW ", "", "NEW "), ("NEW ", "NEW ", "NEW "),
    ])  # fmt: skip
    def test_several_at_once_are_none_whatever_their_labels(self, pem, signers, refused, labels, between):
        other = csr(signers["ES384"], "CN=other")
        requests = [relabelled(other if place else pem, label) for place, label in enumerate(labels)]
        for text in (between.join(requests), between.join(requests).encode(), "text before\n" + between.join(requests)):
            with refused("request-invalid", InputError) as caught:
                read_request(text)
            assert f"{len(labels)} requests" in caught.value.message

    def test_a_second_that_is_cut_off_is_one_too(self, pem, refused):
        for label in ("", "NEW "):
            with refused("request-invalid", InputError):
                read_request(pem + f"-----BEGIN {label}CERTIFICATE REQUEST-----\nMIIB")

    def test_one_by_the_old_label_or_in_der_is_the_same(self, signer):
        """RFC 7468 section 7 names the old label, which some authorities' tools write."""
        pem = csr(signer, "CN=issuer,O=Example", NAMES)
        expected = read_request(pem)
        for given_ in (relabelled(pem, "NEW "), relabelled(pem, "NEW ").encode(), der_of(pem), memoryview(der_of(pem))):
            request = read_request(given_)
            assert (spki(request.material), request.subject, request.sans) == (
                spki(expected.material), expected.subject, expected.sans)  # fmt: skip

    @pytest.mark.parametrize("change", [
        lambda der: der[:-1], lambda der: der + b"\0", lambda der: der + der, lambda der: der[1:],
        lambda der: b"0" + der, lambda der: der[:-1] + bytes([der[-1] ^ 1]), lambda der: b"\n" + der, base64.b64encode,
        bytes.hex, lambda der: b"\x30\x80" + der, lambda _: b"\x30", lambda _: b"\x30\x82\xff\xff",
        lambda der: der.replace(b"issuer", b"bank!!"),
    ])  # fmt: skip
    def test_der_that_was_changed_is_refused(self, pem, refused, change):
        with refused("request-invalid", InputError):
            read_request(change(der_of(pem)))

    @pytest.mark.parametrize("alg, digest", [
        ("ES256", hashes.SHA1()), ("ES384", hashes.SHA1()), ("ES256K", hashes.SHA1()), ("ES256", hashes.SHA224()),
        ("RS256", hashes.SHA1()), ("RS256", hashes.SHA224()), ("RS256", hashes.MD5()),
    ], ids=lambda value: getattr(value, "name", value))  # fmt: skip
    def test_one_by_a_weak_hash_is_told_as_such(self, signers, private_keys, refused, alg, digest):
        weak = signed_by(private_keys[alg], der_of(csr(signers[alg], "CN=issuer")), digest)
        for given_ in (weak, armoured(weak), relabelled(armoured(weak), "NEW ")):
            with refused("request-invalid", InputError) as caught:
                read_request(given_)
            assert f"signed with {digest.name.upper()}" in caught.value.message
            assert "own key" not in caught.value.message

    def test_one_by_an_unknown_algorithm(self, pem, refused):
        unknown = der_of(pem).replace(bytes.fromhex("06082a8648ce3d040302"), bytes.fromhex("06082a8648ce3d040377"))
        with refused("request-invalid", InputError):
            read_request(unknown)

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
