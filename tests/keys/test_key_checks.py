"""Keys by which anybody could sign are refused at every door, as is every other that verifies nothing soundly."""

from __future__ import annotations

import base64
import json
from math import prod

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, mldsa, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import load_pem_x509_certificate

from kmsjose import KeySet, KMSSigner, PublicKey, cose
from kmsjose.cbor import cbor_map, dumps
from kmsjose.encoding import b64url_encode
from kmsjose.errors import InputError, KmsJoseError
from kmsjose.keys.certificate import Certificate, is_known
from kmsjose.keys.chain import Chain
from kmsjose.keys.did import key_of_did_jwk
from kmsjose.keys.key_checks import check_ml_dsa, check_rsa_size

FIELD = 2**255 - 19
D = -121665 * pow(121666, -1, FIELD) % FIELD


def twice(point):
    """The double of a point of edwards25519 (RFC 8032 section 5.1.4)."""
    x, y = point
    product = D * x * x * y * y
    return (
        2 * x * y * pow(1 + product, -1, FIELD) % FIELD,
        (y * y + x * x) * pow(1 - product, -1, FIELD) % FIELD,
    )


def x_of(y):
    """A square root of (y² - 1) / (dy² + 1), or None (RFC 8032 section 5.1.3)."""
    square = (y * y - 1) * pow(D * y * y + 1, -1, FIELD) % FIELD
    for root in (pow(square, (FIELD + 3) // 8, FIELD), pow(2, (FIELD - 1) // 4, FIELD)):
        candidate = root if root * root % FIELD == square else pow(square, (FIELD + 3) // 8, FIELD) * root % FIELD
        if candidate * candidate % FIELD == square:
            return candidate
    return None


def torsion():
    """The y of every point whose order divides 8, from a point of the whole group by its large prime order."""
    prime = 2**252 + 27742317777372353535851937790883648493
    found = set()
    for start in range(2, 60):
        if (x := x_of(start)) is None or len(found) == 5:
            continue
        total, step, factor = (0, 1), (x, start), prime
        while factor:
            if factor & 1:
                total = added(total, step)
            step, factor = twice(step), factor >> 1
        found.add(total[1])
    return found


def added(one, other):
    """The sum of two points (RFC 8032 section 5.1.4)."""
    (x1, y1), (x2, y2) = one, other
    product = D * x1 * x2 * y1 * y2
    return (
        (x1 * y2 + x2 * y1) * pow(1 + product, -1, FIELD) % FIELD,
        (y1 * y2 + x1 * x2) * pow(1 - product, -1, FIELD) % FIELD,
    )


#: Each y of small order, in each of its encodings: plus the field's prime where that fits, and with either sign.
ORDER_8 = 0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7
SMALL = [
    (number | sign << 255).to_bytes(32, "little")
    for y in (0, 1, FIELD - 1, ORDER_8, FIELD - ORDER_8)
    for number in (y, y + FIELD)
    if number < 2**255
    for sign in (0, 1)
]
#: Encodings of other points that are not the canonical ones.
NOT_CANONICAL = [
    (number | sign << 255).to_bytes(32, "little") for number in range(FIELD + 2, 2**255) for sign in (0, 1)
]
GOOD = ed25519.Ed25519PrivateKey.from_private_bytes(bytes(32)).public_key().public_bytes_raw()


def ed25519_of(raw):
    return ed25519.Ed25519PublicKey.from_public_bytes(raw)


@pytest.fixture(scope="session")
def doors(certify):
    """Every way by which an Ed25519 or RSA key comes in, by its name."""

    def spki(material):
        return material.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    def jwk(material):
        if isinstance(material, rsa.RSAPublicKey):
            numbers = material.public_numbers()
            return {"kty": "RSA", "alg": "RS256", "n": uint(numbers.n), "e": uint(numbers.e)}
        return {"kty": "OKP", "crv": "Ed25519", "x": b64url_encode(material.public_bytes_raw()).decode()}

    def cose_key(material):
        if isinstance(material, rsa.RSAPublicKey):
            numbers = material.public_numbers()
            return {1: 3, 3: -257, -1: octets(numbers.n), -2: octets(numbers.e)}
        return {1: 1, -1: 6, -2: material.public_bytes_raw()}

    def alg(material):
        return "RS256" if isinstance(material, rsa.RSAPublicKey) else "EdDSA"

    def did_document(material):
        method = {"id": "#a", "type": "JsonWebKey", "controller": "did:web:a.example", "publicKeyJwk": jwk(material)}
        return {"id": "did:web:a.example", "verificationMethod": [method], "assertionMethod": ["#a"]}

    def answer(material):
        of_rsa = isinstance(material, rsa.RSAPublicKey)
        return {
            "KeyId": "arn:aws:kms:eu-west-1:111122223333:key/a", "KeyUsage": "SIGN_VERIFY", "PublicKey": spki(material),
            "KeySpec": "RSA_2048" if of_rsa else "ECC_NIST_EDWARDS25519",
            "SigningAlgorithms": ["RSASSA_PKCS1_V1_5_SHA_256"] if of_rsa else ["ED25519_SHA_512"],
        }  # fmt: skip

    return {
        "material": lambda m: PublicKey.of(m, alg(m)),
        "SubjectPublicKeyInfo": lambda m: PublicKey.from_der(spki(m), alg(m)),
        "PEM": lambda m: PublicKey.from_pem(m.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo), alg(m)),
        "certificate": lambda m: PublicKey.from_pem(certify(m).public_bytes(Encoding.PEM), alg(m)),
        "chain": lambda m: Chain.from_der([certify(m).public_bytes(Encoding.DER)]).public_key(alg(m)),
        "JWK": lambda m: PublicKey.from_jwk(jwk(m)),
        "JWK with its certificate": lambda m: PublicKey.from_jwk(
            {**jwk(m), "x5c": [base64.b64encode(certify(m).public_bytes(Encoding.DER)).decode()]}
        ),
        "JWK Set": lambda m: whole(KeySet.from_jwks({"keys": [jwk(m)]})),
        "COSE_Key": lambda m: PublicKey.from_cose_key(dumps(cose_key(m))),
        "COSE_KeySet": lambda m: whole(KeySet.from_cose_keyset(dumps([cose_key(m)]))),
        "DID document": lambda m: whole(KeySet.from_did_document(did_document(m))),
        "did:jwk": lambda m: key_of_did_jwk(
            "did:jwk:" + b64url_encode(json.dumps(jwk(m)).encode()).decode() + "#0", alg(m)
        ),
        "GetPublicKey": lambda m: KMSSigner.of_answer(None, answer(m), alg(m), None).public_key,
    }


def whole(keys):
    """A set of one key; what was skipped of it is raised again, that all doors refuse alike."""
    if keys.skipped:
        raise InputError("key-invalid", keys.skipped[0].reason)
    return keys.keys[0]


def octets(number):
    return number.to_bytes((number.bit_length() + 7) // 8)


def uint(number):
    return b64url_encode(octets(number)).decode()


DOORS = ["material", "SubjectPublicKeyInfo", "PEM", "certificate", "chain", "JWK", "JWK with its certificate",
         "JWK Set", "COSE_Key", "COSE_KeySet", "DID document", "did:jwk", "GetPublicKey"]  # fmt: skip


class TestEd25519:
    def test_these_are_all_points_of_small_order(self):
        assert {int.from_bytes(raw, "little") % 2**255 % FIELD for raw in SMALL} == torsion()
        assert len(SMALL) == len(set(SMALL)) == 14

    def test_anybody_can_sign_by_one(self):
        """So this package must not take the key: the library below it does, and accepts the signature."""
        ed25519_of(SMALL[4]).verify(SMALL[4] + bytes(32), b"any message at all")

    @pytest.mark.parametrize("raw", SMALL, ids=bytes.hex)
    def test_one_is_refused_at_every_door(self, doors, raw):
        assert list(doors) == DOORS
        for name, door in doors.items():
            assert "small order" in refusal(name, door, ed25519_of(raw))

    @pytest.mark.parametrize("raw", NOT_CANONICAL, ids=lambda raw: f"{raw[0]:x}, {raw[31]:x}")
    def test_so_is_an_encoding_that_is_not_canonical(self, doors, raw):
        for name, door in doors.items():
            assert "canonical" in refusal(name, door, ed25519_of(raw))

    def test_every_other_is_taken_at_every_door(self, doors):
        for door in doors.values():
            assert door(ed25519_of(GOOD)).material.public_bytes_raw() == GOOD


class TestRSA:
    @pytest.fixture
    def numbers(self, signers):
        return signers["RS256"].public_key.material.public_numbers()

    @pytest.mark.parametrize("bits, taken", [(2047, False), (2048, True), (16384, True), (16385, False)])
    def test_a_modulus_has_between_2048_and_16384_bits(self, bits, taken, refused):
        if taken:
            check_rsa_size(bits)
        else:
            with refused("key-invalid", InputError):
                check_rsa_size(bits)

    @pytest.mark.parametrize("factor", [2, 4, 3, 5, 7, 11, 13, 17, 101, 257, 641, 739, 743, 751, 6, 30, 751**2])
    def test_a_modulus_with_a_small_factor_is_refused_at_every_door(self, doors, numbers, factor):
        modulus = numbers.n // factor * factor
        for name, door in doors.items():
            assert "small factor" in refusal(name, door, rsa.RSAPublicNumbers(65537, modulus).public_key())

    def test_so_is_a_power_of_two_and_a_product_of_many_small_primes(self, doors):
        odd = prod(n for n in range(3, 2000, 2) if all(n % d for d in range(3, int(n**0.5) + 1, 2)))
        for modulus in (2**2047, 2**2048 - 1, odd, odd << 1):
            for name, door in doors.items():
                assert "small factor" in refusal(name, door, rsa.RSAPublicNumbers(65537, modulus).public_key())

    @pytest.mark.parametrize("exponent", [2**64 + 1, 2**65 - 1, 2**256 + 1])
    def test_so_is_an_exponent_by_which_not_every_modulus_can_verify(self, doors, numbers, exponent):
        for name, door in doors.items():
            assert "exponent" in refusal(name, door, rsa.RSAPublicNumbers(exponent, numbers.n).public_key())

    @pytest.mark.parametrize("exponent", [0, 1, 2, 4, 65536])
    def test_an_exponent_that_signs_nothing_makes_no_key(self, numbers, exponent, refused):
        """1 leaves what it signs as it is, an even one has no inverse (RFC 8017 section 3.1)."""
        with refused("key-invalid", InputError):
            PublicKey.from_jwk({"kty": "RSA", "alg": "PS256", "n": uint(numbers.n), "e": uint(exponent) or "AA"})
        with refused("key-invalid", InputError):
            PublicKey.from_cose_key({1: 3, 3: -37, -1: octets(numbers.n), -2: octets(exponent)})
        with refused("key-invalid", InputError):
            PublicKey.from_jwk({"kty": "RSA", "alg": "PS256", "n": uint(exponent) or "AA", "e": "AQAB"})

    @pytest.mark.parametrize("exponent", [3, 17, 257, 65537, 2**63 + 1, 2**64 - 1])
    def test_every_other_is_taken_at_every_door(self, doors, numbers, exponent):
        for door in doors.values():
            key = door(rsa.RSAPublicNumbers(exponent, numbers.n).public_key())
            assert key.material.public_numbers() == rsa.RSAPublicNumbers(exponent, numbers.n)


class TestOthers:
    @pytest.mark.parametrize("alg", ["ML-DSA-44", "ML-DSA-65", "ML-DSA-87"])
    def test_an_ml_dsa_key_whose_t1_is_zero(self, signers, alg, refused):
        good = signers[alg].public_key
        raw = good.material.public_bytes_raw()
        for rho in (raw[:32], bytes(32)):
            with refused("key-invalid", InputError):
                PublicKey.of(good.algorithm.public_key_type.from_public_bytes(rho + bytes(len(raw) - 32)))
            with refused("key-invalid", InputError):
                PublicKey.from_cose_key({**cbor_map(good.to_cose_key()), -1: rho + bytes(len(raw) - 32)})
        check_ml_dsa(mldsa.MLDSA44PublicKey.from_public_bytes(bytes(1311) + b"\1"))

    @pytest.mark.parametrize("alg", ["ES256", "ES384", "ES512", "ES256K"])
    def test_what_is_no_point_of_a_curve(self, signers, alg, refused):
        """A curve of prime order has no point of small order but that at infinity, which no key can hold."""
        jwk, size = signers[alg].public_key.to_jwk(), signers[alg].public_key.algorithm.coordinate_size
        for x, y in ((bytes(size), bytes(size)), (b"\xff" * size, b"\xff" * size), (bytes(size), b"\1" * size)):
            with refused("key-invalid", InputError):
                PublicKey.from_jwk({**jwk, "x": b64url_encode(x).decode(), "y": b64url_encode(y).decode()})
            with refused("key-invalid", InputError):
                PublicKey.from_cose_key({**cbor_map(signers[alg].public_key.to_cose_key()), -2: x, -3: y})


def test_a_message_that_anybody_signed_finds_no_key(refused):
    """The key is skipped as the set is read, so what names it is refused."""
    weak = {"kty": "OKP", "crv": "Ed25519", "kid": "weak", "x": b64url_encode(SMALL[4]).decode()}
    protected = dumps({1: -8, 4: b"weak"})
    with refused("key-not-found"):
        cose.verify1(dumps([protected, {}, b"any", SMALL[4] + bytes(32)]), KeySet.from_jwks({"keys": [weak]}))


def test_a_ca_of_such_a_key_certifies_nothing(certify):
    assert not is_known(ed25519_of(SMALL[0]))
    good, weak = certify(ec.derive_private_key(7, ec.SECP256R1()).public_key()), certify(ed25519_of(SMALL[4]))
    issuer = Certificate.from_der(load_pem_x509_certificate(weak.public_bytes(Encoding.PEM)).public_bytes(Encoding.DER))
    assert not Certificate.from_der(good.public_bytes(Encoding.DER)).is_signed_by(issuer)


def refusal(name, door, material) -> str:
    """The message of what must be refused as `key-invalid`, or of a did:jwk as `bad-header` whose cause that is."""
    with pytest.raises(KmsJoseError) as caught:
        door(material)
    error = caught.value
    if name == "did:jwk":
        assert error.code == "bad-header"
        error = error.__cause__
    assert isinstance(error, InputError), name
    assert error.code == "key-invalid", name
    return error.message
