"""`inspect` of hostile input: its output is linear in what it is given, and shows nothing that is private."""

from __future__ import annotations

import base64
import json

import cbor2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kmsjose.cli import inspect_pem
from kmsjose.encoding import b64url_encode
from tests.rfc8410 import as_pem, pkcs8, wrong_sizes

SECRET = "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlYw"
SECRET_BYTES = b"secret-secret-secret-secret-secr"
#: How a secret may be written: as it is, in hex, as base64url.
WRITTEN = (SECRET, SECRET_BYTES.hex(), SECRET_BYTES.decode(), b64url_encode(SECRET_BYTES).decode().rstrip("=")[:40])


def part(value):
    return b64url_encode(value if isinstance(value, bytes) else json.dumps(value).encode()).decode()


def jws(header, payload=b"{}", signature=bytes(64)):
    return f"{part(header)}.{part(payload)}.{part(signature)}".encode()


def doubled(count):
    """An object of so many members, each twice."""
    return ("{" + ",".join(f'"{number:x}":0,"{number:x}":0' for number in range(count)) + "}").encode()


def cbor(text):
    return bytes.fromhex(text.replace(" ", ""))


@pytest.fixture
def views(run):
    """What a person and a machine are shown, each within its bounds."""

    def show(data):
        data = data.encode() if isinstance(data, str) else data
        shown = []
        for options in ([], ["--json"]):
            ran = run("inspect", *options, stdin=data)
            assert ran.status in {0, 1}
            assert len(ran.stdout) <= max(20 * len(data), 64 << 10)
            assert len(ran.stderr) <= 4096
            shown.append(ran.stdout.decode())
        if shown[1]:
            json.loads(shown[1])
        return shown

    return show


NESTED = {
    "maps as labels": cbor("a20102" + "a1" * 26 + "00" * 28),
    "maps as labels, cut off": cbor("a20102" + "a1" * 54),
    "few maps as labels": cbor("a20102" + "a1" * 10 + "00" * 12),
    "maps as labels to the last level": cbor("a20102" + "a1" * 31 + "00" * 40),
    "maps as labels beyond the last level": cbor("a20102" + "a1" * 200 + "00" * 210),
    "arrays as labels": cbor("a20102" + "81" * 30 + "0000"),
    "tags as labels": cbor("a20102" + "c1" * 30 + "0000"),
    "maps in arrays as labels": cbor("a20102" + "a181" * 15 + "00" * 32),
    "arrays of two as labels": cbor("a20102" + "82" * 28 + "00" * 40),
    "a wrapped map as a label": cbor("a20102" + "d81841a0" + "00"),
    "wrapped maps as labels": cbor("a20102" + "d8185829" + "a1" * 20 + "00" * 21 + "00"),
    "maps of indefinite length as labels": cbor("a20102" + "bf" * 26 + "00" * 26),
    "maps as values": cbor("a20102" + "20" + "a100" * 28 + "00"),
    "maps as labels and values": cbor("a20102" + "a2" * 12 + "00" * 64),
    "many labels that are maps": b"\xb9\x04\x00\x01\x02" + b"\xa1\x00\x00\x00" * 1023,
    "many members of one name": b"\xa2\x01\x02\x20\xb9\x07\xf0" + b"\x61a\x00" * 2032,
    "deep arrays of some": b"\xa2\x01\x02\x20" + b"\x84\x00\x00\x00" * 40 + b"\x00",
    "wide arrays": b"\xa2\x01\x02\x20\x9a\x00\x01\x00\x00" + b"\x80" * (1 << 16),
    "a wide array in deep ones": b"\xa2\x01\x02\x20" + b"\x81" * 28 + b"\x99\x0f\x00" + b"\x00" * 3840,
    "many pieces of a string": b"\xa2\x01\x02\x20\x5f" + b"\x40" * 5000 + b"\xff",
    "text of control characters": b"\xa2\x01\x02\x20\x99\x01\x00" + (b"\x78\xff" + b"\x01" * 255) * 256,
    "many keys": b"\x99\x0f\xff" + b"\xa2\x01\x02\x20\x01" * 4095,
    "many keys of one kid": b"\x99\x04\x00" + b"\xa2\x01\x02\x02\x41k" * 1024,
    "many signatures": b"\xd8\x62\x84\x40\xa0\x40\x99\x03\xff" + b"\x83\x40\xa0\x40" * 1023,
    "deep maps in a header": cbor("d28458" + "1d" + "a120" * 13 + "a10000" + "a0f640"),
    "in hex": (b"a20102" + b"a1" * 26 + b"00" * 28),
    "in base64": base64.b64encode(cbor("a20102" + "a1" * 26 + "00" * 28)),
}


@pytest.mark.parametrize("data", NESTED.values(), ids=NESTED)
def test_cbor_is_shown_in_a_size_linear_in_its_own(views, data):
    person, _ = views(data)
    assert person


def test_a_label_that_holds_items_is_named_and_not_written_out(views):
    _, machine = views(cbor("a3 0102 a1000001 810002"))
    assert {"(a map as a label)", "(an array as a label)"} <= json.loads(machine)["key"].keys()


MANY = {
    "a member of a long name": jws({"alg": "ES256", "a" * 35_000: 1, **{f"m{i}": i for i in range(2000)}}),
    "a claim of a long name": jws({"alg": "ES256"}, {"a" * 35_000: 1, **{f"m{i}": i for i in range(2000)}}),
    "a long name among times": jws({"alg": "ES256"}, {"a" * 35_000: 1, "iat": 1, "exp": 2}),
    "deep claims": jws({"alg": "ES256"}, b'{"a":' + b"[" * 249 + b"]" * 249 + b"}"),
    "wide claims that are deep": jws({"alg": "ES256"}, b'{"a":' + b"[" * 240 + b"0," * 3000 + b"0" + b"]" * 240 + b"}"),
    "deep objects": jws({"alg": "ES256"}, b'{"a":' * 250 + b"0" + b"}" * 250),
    "a deep header": jws(b'{"alg":"ES256","a":' + b"[" * 200 + b"]" * 200 + b"}"),
    "a deep JWK": b'{"kty":"EC","a":' + b"[" * 250 + b"]" * 250 + b"}",
    "many kids": json.dumps({"keys": [{"kid": f"k{i}"} for i in range(5000)]}),
    "many pairs of kids": json.dumps({"keys": [{"kty": "EC", "kid": f"k{i // 2}"} for i in range(5000)]}),
    "many keys that are none": b'{"keys":[' + b"0," * 6000 + b"0]}",
    "many empty keys": b'{"keys":[' + b"{}," * 6000 + b"{}]}",
    "many signatures": json.dumps({"payload": "e30", "signatures": [{"protected": "e30", "signature": ""}] * 5000}),
    "many signatures that are none": b'{"payload":"e30","signatures":[' + b"{}," * 4000 + b"{}]}",
    "one name many times": jws({"alg": "ES256"}, b"{" + b'"":0,' * 20_000 + b'"":0}'),
    "many names twice": jws({"alg": "ES256"}, doubled(9000)),
    "many numbers that JSON has not": jws({"alg": "ES256"}, b'{"a":[' + b"NaN," * 6000 + b"0]}"),
    "many brackets": jws({"alg": "ES256"}, b'{"a":[' + b"[]," * 20_000 + b"[]]}"),
    "more brackets than are read": jws({"alg": "ES256"}, b'{"a":[' + b"[]," * 60_000 + b"[]]}"),
    "more members than are read": b'{"payload":"e30","signature":"",' + b'"a":0,' * 60_000 + b'"b":0}',
    "control characters": jws({"alg": "ES256"}, b"\x01" * 200_000),
    "characters of direction": jws({"alg": "ES256"}, ('{"a":"' + "\u202e" * 50_000 + '"}').encode()),
    "characters beyond the first plane": jws({"alg": "ES256"}, ('{"a":"' + "\U000e0001" * 50_000 + '"}').encode()),
    "lines": jws({"alg": "ES256"}, b"\n" * 200_000),
    "dots": b"." * 200_000,
    "a header and dots": part({"alg": "ES256"}).encode() + b"." * 200_000,
    "a long number": jws({"alg": "ES256"}, b'{"a":' + b"9" * 100_000 + b"}"),
    "a long number as a time": jws({"alg": "ES256"}, b'{"exp":' + b"9" * 4000 + b"}"),
    "many critical names": jws({"alg": "ES256", "crit": ["x" * 20] * 5000}),
    "a long critical name": jws({"alg": "ES256", "crit": ["x" * 50_000]}),
    "a long alg": jws({"alg": "x" * 50_000}),
    "a long typ and kid": jws({"alg": "ES256", "typ": "x" * 50_000, "kid": "\x1b" * 50_000}),
    "many certificates": "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n" * 2000,
    "beginnings of certificates": "-----BEGIN CERTIFICATE-----\n" * 5000,
}  # fmt: skip


@pytest.mark.parametrize("data", MANY.values(), ids=MANY)
def test_json_and_tokens_are_shown_in_a_size_linear_in_their_own(views, data):
    views(data)


def several(inner):
    items = st.lists(inner, min_size=1, max_size=4)
    return st.builds(lambda items, times: f"[{','.join(items * times)}]", items, st.integers(1, 6))


LEAVES = st.sampled_from(["0", '""', '"\u202e"', "{}", "[]", '{"":0}'])


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.recursive(LEAVES, several, max_leaves=8))
def test_any_nesting_is_shown_in_a_size_linear_in_its_own(views, data):
    views(jws({"alg": "ES256"}, f'{{"a":{data}}}'.encode()))


def test_what_is_odd_is_never_what_is_cut(views):
    person, machine = views(jws({"alg": "none", "crit": ["x" * 20] * 5000}, b"\x01" * 100_000, b""))
    assert "signature: it is empty" in person
    assert "signature: it is empty" in json.loads(machine)["odd"]
    assert person.endswith("Nothing was verified: anyone can have written this.\n")


def test_more_values_than_are_read_are_told(run, views):
    person, _ = views(jws({"alg": "ES256"}, b'{"a":[' + b"[]," * 60_000 + b"[]]}"))
    assert "claims: it has over 50000 values, and is not looked at" in person
    ran = run("inspect", stdin=b'{"payload":"e30","signature":"",' + b'"a":0,' * 60_000 + b'"b":0}')
    ran.refused(1, "malformed")
    assert "over 50000 values" in ran.stderr


def test_commas_and_brackets_within_strings_are_no_values(views):
    person, _ = views(jws({"alg": "ES256"}, {"a": ",[{" * 30_000, "sub": "alice"}))
    assert '"alice"' in person


def test_a_long_name_moves_no_other_value(views):
    person, _ = views(jws({"alg": "ES256", "kid": "1", "n" * 100: 1}))
    assert f'\n  {"kid":24}  "1"\n' in person


JWK_LIKE = {
    "kty": {"kty": "EC", "d": SECRET},
    "no kty": {"crv": "P-256", "x": "AA", "y": "AA", "d": SECRET},
    "a curve alone": {"crv": "Ed25519", "d": SECRET},
    "x alone": {"x": "AA", "d": SECRET},
    "n and e": {"n": "AA", "e": "AQAB", "d": SECRET},
    "a prime": {"n": "AA", "p": SECRET},
    "primes alone": {"p": SECRET, "q": SECRET},
    "exponents alone": {"dp": SECRET, "dq": SECRET, "qi": SECRET},
    "d alone": {"d": SECRET},
    "d and a kid": {"kid": "1", "d": SECRET},
    "k alone": {"k": SECRET},
    "priv": {"pub": "AA", "priv": SECRET},
    "priv alone": {"priv": SECRET},
    "padded": {"d": SECRET + "=="},
    "a private member that is a list": {"kty": "RSA", "oth": [{"r": SECRET, "d": SECRET, "t": SECRET}]},
    "a private member that is an object": {"kty": "EC", "d": {"a": SECRET}},
    "kty of another type": {"kty": 5, "d": SECRET},
    "an empty kty": {"kty": "", "d": SECRET},
    "by the name of DID documents": {"privateKeyJwk": {"d": {"a": SECRET}}},
    "multibase": {"id": "#1", "privateKeyMultibase": SECRET},
    "secretKey": {"secretKeyMultibase": SECRET},
    "text of a JWK": {"a": json.dumps({"kty": "EC", "d": SECRET})},
    "text of the text of a JWK": {"a": json.dumps({"b": json.dumps({"d": SECRET})})},
    "text of a PEM": {"a": f"-----BEGIN EC PRIVATE KEY-----\n{SECRET}\n-----END EC PRIVATE KEY-----"},
    "nested": {"a": [{"b": {"x": "AA", "d": SECRET}}]},
}


@pytest.mark.parametrize("members", JWK_LIKE.values(), ids=JWK_LIKE)
def test_what_is_private_in_json_is_shown_nowhere(views, members):
    for data in (
        json.dumps(members),
        json.dumps({"keys": [members]}),
        json.dumps({"keys": [{"kty": "EC", "nested": members}]}),
        jws({"alg": "ES256", "jwk": members}, {"cnf": {"jwk": members}}),
        jws({"alg": "ES256", "x": members}, members),
        json.dumps({"payload": part(members), "header": {"jwk": members}, "protected": part(members), "signature": ""}),
    ):
        for shown in views(data):
            assert SECRET not in shown


@pytest.mark.parametrize(
    "members", [{"d": 5}, {"d": "short"}, {"k": "v", "sub": "alice"}, {"p": ["a"]}, {"q": "a question, in words"}]
)
def test_a_claim_that_has_the_name_of_a_private_member_is_shown(views, members):
    _, machine = views(jws({"alg": "ES256"}, members))
    assert json.loads(machine)["claims"] == members


COSE_LIKE = {
    "no key type": {-1: 1, -2: b"x" * 32, -4: SECRET_BYTES},
    "no key type, and d alone": {-1: 1, -4: SECRET_BYTES},
    "no key type, RSA": {-1: b"n", -2: b"e", -3: SECRET_BYTES},
    "no key type, AKP": {-1: b"pub", -2: SECRET_BYTES},
    "JWK's names": {"crv": "P-256", "d": SECRET_BYTES},
    "an unknown key type": {1: 99, -7: SECRET_BYTES},
    "two private names": {"p": SECRET_BYTES, "q": SECRET_BYTES},
    "a symmetric key": {1: 4, -1: SECRET_BYTES},
    "text of a JWK": {"a": json.dumps({"kty": "EC", "d": SECRET})},
    "text of a PEM": {"a": f"-----BEGIN PRIVATE KEY-----\n{SECRET}"},
    "bytes of a PEM": {"a": f"-----BEGIN PRIVATE KEY-----\n{SECRET}".encode()},
}


@pytest.mark.parametrize("key", COSE_LIKE.values(), ids=COSE_LIKE)
def test_what_is_private_in_cbor_is_shown_nowhere(views, key):
    wrapped = cbor2.dumps(key)
    for data in (
        cbor2.dumps({1: 2, -1: 1, 3: key}),
        cbor2.dumps({1: "issuer", 8: {1: key}}),
        cbor2.dumps(cbor2.CBORTag(18, [b"", {99: key}, b"", bytes(64)])),
        cbor2.dumps(cbor2.CBORTag(18, [b"", {}, wrapped, bytes(64)])),
        cbor2.dumps(cbor2.CBORTag(18, [cbor2.dumps({99: key}), {}, cbor2.dumps({1: "issuer", 99: key}), bytes(64)])),
        cbor2.dumps(cbor2.CBORTag(97, [b"", {}, wrapped, b"", [[b"", {99: key}, b""]]])),
    ):
        for shown in views(data):
            for secret in WRITTEN:
                assert secret not in shown


def test_a_private_key_in_a_payload_that_is_text_is_not_shown(views):
    for payload in (f"-----BEGIN PRIVATE KEY-----\n{SECRET}".encode(), f'broken {{"kty":"EC","d":"{SECRET}"'.encode()):
        for data in (jws({"alg": "ES256"}, payload), cbor2.dumps(cbor2.CBORTag(18, [b"", {}, payload, bytes(64)]))):
            for shown in views(data):
                assert SECRET not in shown
                assert payload.hex() not in shown


def rsa_pem(bits, label="RSA PRIVATE KEY"):
    """A private key of numbers that were never checked, as they are in PKCS #1."""

    def field(tag, content):
        size = len(content)
        length = bytes([size]) if size < 128 else b"\x83" + size.to_bytes(3)
        return bytes([tag]) + length + content

    large, half = ((1 << width) - 1 for width in (bits, bits // 2))
    numbers = (0, large, 65537, large - 2, half, half, half, half, half)
    der = field(0x30, b"".join(field(2, number.to_bytes(number.bit_length() // 8 + 1)) for number in numbers))
    return f"-----BEGIN {label}-----\n{base64.encodebytes(der).decode()}-----END {label}-----\n"


@pytest.fixture
def loads(monkeypatch):
    """How private keys were loaded."""
    calls = []
    genuine = serialization.load_pem_private_key

    def load(data, password, **options):
        calls.append(options)
        return genuine(data, password, **options)

    monkeypatch.setattr(inspect_pem.serialization, "load_pem_private_key", load)
    monkeypatch.setattr(rsa.RSAPrivateNumbers, "private_key", lambda *_, **__: pytest.fail("the numbers are checked"))
    return calls


PRIVATE = {
    "RSA of 2048 bits": rsa_pem(2048),
    "RSA of 8192 bits": rsa_pem(8192),
    "RSA of 16384 bits": rsa_pem(16384),
    "RSA of 40000 bits": rsa_pem(40_000),
    "RSA of 200000 bits": rsa_pem(200_000),
    "RSA of 512 bits": rsa_pem(512),
    "another label": rsa_pem(2048, "PRIVATE KEY"),
    "EC label": rsa_pem(2048, "EC PRIVATE KEY"),
    "encrypted label": rsa_pem(2048, "ENCRYPTED PRIVATE KEY"),
    "OpenSSH label": rsa_pem(2048, "OPENSSH PRIVATE KEY"),
    "many": rsa_pem(1024) * 40,
    "two": rsa_pem(1024) * 2,
    "nothing within": "-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n",
    "no end": "-----BEGIN PRIVATE KEY-----\nAAAA\n",
    "no beginning": "-----BEGIN X-----\nPRIVATE KEY-----\n",
    "much within": "-----BEGIN PRIVATE KEY-----\n" + "A" * 300_000 + "\n-----END PRIVATE KEY-----\n",
    "beginnings alone": "-----BEGIN PRIVATE KEY-----\n" * 5000,
    "headers of encryption": "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,"
    + "00" * 16 + "\n\nAAAA\n-----END RSA PRIVATE KEY-----\n",
    "with a certificate before it": "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n" + rsa_pem(2048),
    "carriage returns": rsa_pem(2048).replace("\n", "\r\n"),
}  # fmt: skip


@pytest.mark.parametrize("pem", PRIVATE.values(), ids=PRIVATE)
def test_a_private_key_is_loaded_once_at_most_and_never_checked(views, loads, pem):
    person, _ = views(pem)
    assert "a private key is in it" in person
    assert len(loads) <= 2
    assert all(options == {"unsafe_skip_rsa_key_validation": True} for options in loads)
    middle = pem[len(pem) // 2 :][:40].strip()
    assert "\n" in middle or len(middle) < 30 or middle not in person


def test_a_private_key_is_described_by_its_public_half(views, private_keys, signers):
    for name in ("ES256", "EdDSA", "PS256", "ML-DSA-44"):
        pem = private_keys[name].private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        person, machine = views(pem)
        assert signers[name].public_key.thumbprint() in person
        assert name in json.loads(machine)["key"]["algorithms"]


def test_an_encrypted_private_key_is_told_as_such(views, private_keys):
    pem = private_keys["ES256"].private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.BestAvailableEncryption(b"x")
    )
    assert "key: it is encrypted, and is not decrypted here" in views(pem)[0]


@wrong_sizes
def test_a_private_key_of_another_size_than_its_curve_is_told_as_such(views, curve, size):
    assert "key: it is of a kind that is not known here, or damaged" in views(as_pem(pkcs8(curve, size)))[0]
    assert views(pkcs8(curve, size)) == ["", ""]


def test_a_key_that_no_algorithm_here_uses_is_told_as_such(views):
    from cryptography.hazmat.primitives.asymmetric import x25519

    pem = x25519.X25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    assert "no algorithm here uses a key of this type or curve" in views(pem)[0]


def test_a_certificate_is_shown_as_far_as_it_can_be_read(views, private_keys):
    from datetime import UTC, datetime

    from cryptography.hazmat.primitives import hashes

    key = private_keys["ES256"]
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "issuer")])
    begins, ends = datetime(2024, 1, 1, tzinfo=UTC), datetime(2025, 1, 1, tzinfo=UTC)
    damaged = x509.UnrecognizedExtension(x509.ExtensionOID.BASIC_CONSTRAINTS, b"\x30\x03\x01\x01\x00")
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), 7, begins, ends)
        .add_extension(damaged, critical=True)
        .sign(key, hashes.SHA256())
    )
    person, _ = views(certificate.public_bytes(serialization.Encoding.PEM))
    assert "CN=issuer" in person
    assert "it can't be read" in person
    assert "certificate: it ended " in person


class TestCertificates:
    @pytest.fixture
    def issued(self, signers):
        """A CA's certificate and that of a leaf, in PEM, and the request of the leaf."""
        from datetime import timedelta

        from kmsjose import x509 as certificates

        day = timedelta(days=1)
        root = certificates.self_signed(signers["ES256"], "CN=Root,O=Example", lifetime=day, role=certificates.CA(1))
        request = certificates.csr(signers["EdDSA"], "CN=leaf", ["dns:leaf.example", "uri:https://leaf.example"])
        leaf = certificates.issue(
            signers["ES256"], root, certificates.read_request(request),
            role=certificates.Leaf(("1.3.6.1.5.5.7.3.2", "1.2.3.4")), lifetime=timedelta(hours=1),
        )  # fmt: skip
        return root.to_pem(), leaf.to_pem(), request

    def test_a_certificate_shows_its_names_whether_it_is_a_ca_and_its_uses(self, views, issued):
        root, leaf, _ = issued
        shown = json.loads(views(root)[1])["certificate"]
        assert shown["subject"] == "CN=Root,O=Example"
        assert shown["CA"] == "yes, with 1 CA below it"
        assert shown["key usage"] == ["keyCertSign", "cRLSign"]
        shown = json.loads(views(leaf)[1])["certificate"]
        assert shown["CA"] == "no"
        assert shown["other names"] == ["dns:leaf.example", "uri:https://leaf.example"]
        assert shown["key usage"] == ["digitalSignature"]
        assert shown["extended key usage"] == ["clientAuth", "1.2.3.4"]

    def test_of_several_each_is_shown_and_no_chain_is_claimed(self, views, issued):
        root, leaf, _ = issued
        shown = json.loads(views(leaf + root)[1])
        assert shown["kind"] == "PEM, 2 certificates"
        assert shown["certificate 1"]["subject"] == "CN=leaf"
        assert shown["certificate 2"]["subject"] == "CN=Root,O=Example"
        assert "chain: whether the certificates belong together is not looked at here" in shown["odd"]

    def test_a_request_shows_whom_it_names(self, views, issued):
        for request in (issued[2], issued[2].replace("CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST")):
            shown = json.loads(views(request)[1])["request"]
            assert shown["other names"] == ["dns:leaf.example", "uri:https://leaf.example"]

    def test_der_is_shown_as_pem_is(self, views, issued, private_keys, signers):
        encoding = serialization.Encoding.DER
        root = x509.load_pem_x509_certificate(issued[0].encode()).public_bytes(encoding)
        request = x509.load_pem_x509_csr(issued[2].encode()).public_bytes(encoding)
        public = (
            private_keys["ES256"].public_key().public_bytes(encoding, serialization.PublicFormat.SubjectPublicKeyInfo)
        )
        private = private_keys["PS256"].private_bytes(
            encoding, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        for der, kind, told in (
            (root, "DER certificate", "CN=Root,O=Example"),
            (request, "DER certificate request", "dns:leaf.example"),
            (public, "DER public key", signers["ES256"].public_key.thumbprint()),
            (private, "DER private key", signers["PS256"].public_key.thumbprint()),
        ):
            person, machine = views(der)
            assert json.loads(machine)["kind"] == kind
            assert told in person

    def test_hex_that_begins_as_der_does_is_read_as_hex(self, views):
        assert views(b"0" * 10)[1] == views(b"0" * 12)[1]
        assert json.loads(views(cbor("a20102200a").hex().encode())[1])["kind"] == "COSE_Key"
