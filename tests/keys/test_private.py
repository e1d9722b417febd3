"""Private keys from files: every form that an issuer may have, and nothing that does not agree with itself."""

from __future__ import annotations

import json
import re
import traceback
from base64 import urlsafe_b64decode, urlsafe_b64encode

import pytest
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa, x25519
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from hypothesis import given
from hypothesis import strategies as st

from kmsjose import InputError, LocalSigner, jws
from kmsjose.keys import PrivateKey, read_private_key
from kmsjose.keys.private_jwk import private_from_jwk
from tests.rfc8410 import as_pem, pkcs8, wrong_sizes

PKCS8, OPENSSL = PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL
CRT = ("p", "q", "dp", "dq", "qi")


def b64(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def uint(number: int, size: int | None = None) -> str:
    return b64(number.to_bytes(size or (number.bit_length() + 7) // 8))


def rsa_members(key: rsa.RSAPrivateKey) -> dict[str, str]:
    numbers = key.private_numbers()
    values = (numbers.d, numbers.p, numbers.q, numbers.dmp1, numbers.dmq1, numbers.iqmp)
    return dict(zip(("d", *CRT), map(uint, values), strict=True))


def private_jwk(signer: LocalSigner, key) -> dict[str, object]:
    """The private JWK, made by other means than those that read it."""
    row = signer.public_key.algorithm
    public = signer.public_key.to_jwk()
    del public["use"]
    if row.kty == "RSA":
        return {**public, **rsa_members(key)}
    if row.kty == "EC":
        return {**public, "d": uint(key.private_numbers().private_value, row.coordinate_size)}
    raw = b64(key.private_bytes_raw())
    return {**public, "priv" if row.kty == "AKP" else "d": raw}


@pytest.fixture(scope="session")
def jwk(row, signers, private_keys):
    """The private JWK of every algorithm in turn."""
    return private_jwk(signers[row.name], private_keys[row.name])


@pytest.fixture(scope="session")
def rsa_jwk(signers, private_keys):
    return private_jwk(signers["PS256"], private_keys["PS256"])


@pytest.fixture(scope="session")
def ec_jwk(signers, private_keys):
    return private_jwk(signers["ES256"], private_keys["ES256"])


class TestFiles:
    @pytest.mark.parametrize("encoding", [Encoding.PEM, Encoding.DER])
    @pytest.mark.parametrize("password", [None, b"secret"])
    def test_pkcs8_of_every_algorithm_is_read(self, row, private_keys, encoding, password):
        key = private_keys[row.name]
        protection = NoEncryption() if password is None else BestAvailableEncryption(password)
        read = read_private_key(key.private_bytes(encoding, PKCS8, protection), password)
        assert read.material.public_key() == key.public_key()
        assert (read.alg, read.kid) == (None, None)

    @pytest.mark.parametrize("alg", ["ES256", "PS256"])
    @pytest.mark.parametrize("encoding", [Encoding.PEM, Encoding.DER])
    def test_what_openssl_calls_traditional_is_read(self, private_keys, alg, encoding):
        data = private_keys[alg].private_bytes(encoding, OPENSSL, NoEncryption())
        assert read_private_key(data).material.public_key() == private_keys[alg].public_key()

    def test_what_stands_around_the_key_is_left_alone(self, private_keys):
        pem = private_keys["ES256"].private_bytes(Encoding.PEM, OPENSSL, NoEncryption())
        parameters = b"-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n"
        assert read_private_key(b"Bag Attributes\n" + parameters + pem.replace(b"\n", b"\r\n"))

    def test_a_jwk_is_known_by_its_brace(self, ec_jwk):
        text = json.dumps({**ec_jwk, "kid": "-----BEGIN PRIVATE KEY-----"})
        assert read_private_key(b"\n " + text.encode()).kid == "-----BEGIN PRIVATE KEY-----"


class TestPassword:
    SECRET = "pässwört"

    @pytest.fixture(params=["ES256", "PS256", "EdDSA"])
    def encrypted(self, request, private_keys):
        """Every form of an encrypted key that there is: the older one is PEM alone, and not of Ed25519."""
        key, how = private_keys[request.param], BestAvailableEncryption(self.SECRET.encode())
        forms = [key.private_bytes(encoding, PKCS8, how) for encoding in (Encoding.PEM, Encoding.DER)]
        return [*forms, key.private_bytes(Encoding.PEM, OPENSSL, how)] if request.param != "EdDSA" else forms

    def test_it_is_text_or_bytes(self, encrypted):
        for data in encrypted:
            one, other = (read_private_key(data, given) for given in (self.SECRET, self.SECRET.encode()))
            assert one.material.public_key() == other.material.public_key()

    def test_without_it_the_key_is_told_to_be_encrypted(self, encrypted, refused):
        for data in (*encrypted, *(b"\n" + data for data in encrypted if data[:1] == b"-")):
            with refused("password", InputError) as caught:
                read_private_key(data)
            assert caught.value.message == "the private key is encrypted"

    @pytest.mark.parametrize("wrong", [
        "", b"", " ", "wrong", "passwort", "pässwört ", " pässwört", "pässwört\n", "PÄSSWÖRT", "pa\u0308sswo\u0308rt",
        b"\xff", b"\0", "pässwör", "x" * 1023, "x" * 1024, "x" * 100_000, "pässwört".encode("latin-1"),
        "pässwört".encode("utf-16"),
    ], ids=lambda wrong: repr(wrong)[:24])  # fmt: skip
    def test_a_wrong_one_is_told_as_such(self, encrypted, refused, wrong):
        for data in encrypted:
            with refused("password", InputError) as caught:
                read_private_key(data, wrong)
            assert caught.value.__cause__ is caught.value.__context__ is None

    def test_one_for_what_is_not_encrypted_is_refused(self, private_keys, ec_jwk, refused):
        key = private_keys["ES256"]
        plain = [
            key.private_bytes(encoding, form, NoEncryption())
            for encoding in (Encoding.PEM, Encoding.DER)
            for form in (PKCS8, OPENSSL)
        ]
        for data in (*plain, json.dumps(ec_jwk).encode()):
            for password in (b"secret", "secret", "", b""):
                with refused("password", InputError) as caught:
                    read_private_key(data, password)
                assert caught.value.message.endswith(" is not encrypted")

    @pytest.mark.parametrize("data", [b"", b"0", b"0\x80", b"0\x84\xff\xff\xff\xff", b"0\x82", b"text", b"\xff" * 100])
    def test_what_is_no_key_is_none_with_a_password_or_without(self, refused, data):
        for password in (None, b"secret"):
            with refused("key-invalid", InputError):
                read_private_key(data, password)

    def test_a_key_that_is_called_encrypted_and_is_not_is_refused(self, private_keys, refused):
        """An EncryptedPrivateKeyInfo stands below that label, and nothing else (RFC 7468 section 11)."""
        for form in (PKCS8, OPENSSL):
            pem = private_keys["ES256"].private_bytes(Encoding.PEM, form, NoEncryption())
            for password in (None, b"secret"):
                with refused("key-invalid", InputError):
                    read_private_key(re.sub(b"(BEGIN|END) (EC )?", b"\\1 ENCRYPTED ", pem), password)

    def test_a_key_that_says_in_two_ways_how_it_is_encrypted_is_refused(self, private_keys, refused):
        pem = private_keys["ES256"].private_bytes(Encoding.PEM, PKCS8, BestAvailableEncryption(b"secret"))
        headers = b"-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC," + b"00" * 16 + b"\n\n"
        with refused("password", InputError):
            read_private_key(pem.replace(b"-----\n", headers, 1), b"secret")

    @pytest.mark.parametrize(
        "text", [b"no -----BEGIN ENCRYPTED PRIVATE KEY----- here", b"x-----BEGIN PRIVATE KEY-----"]
    )
    def test_a_label_within_a_line_is_text(self, private_keys, text):
        pem = private_keys["ES256"].private_bytes(Encoding.PEM, PKCS8, NoEncryption())
        assert read_private_key(pem + text + b"\n").material.public_key() == private_keys["ES256"].public_key()

    def test_a_damaged_one_is_not_told_apart_from_a_wrong_password(self, encrypted, refused):
        with refused("password", InputError):
            read_private_key(encrypted[1][:-1] + bytes([encrypted[1][-1] ^ 1]), self.SECRET)


class TestOtherFiles:
    def test_several_private_keys_in_one_file_are_refused(self, private_keys):
        pem = private_keys["ES256"].private_bytes(Encoding.PEM, PKCS8, NoEncryption())
        with pytest.raises(InputError, match="several private keys"):
            read_private_key(pem + pem)

    def test_a_public_key_is_no_private_key(self, private_keys, signers):
        public = private_keys["ES256"].public_key()
        for data in (
            public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
            public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
            json.dumps(signers["ES256"].public_key.to_jwk()).encode(),
        ):
            with pytest.raises(InputError) as caught:
                read_private_key(data)
            assert caught.value.code == "key-invalid"
            assert "several" not in caught.value.message

    @pytest.mark.parametrize(
        "make",
        [
            lambda: ec.generate_private_key(ec.SECP224R1()),
            lambda: dsa.generate_private_key(1024),
            ed448.Ed448PrivateKey.generate,
            x25519.X25519PrivateKey.generate,
        ],
        ids=["P-224", "DSA", "Ed448", "X25519"],
    )
    def test_a_key_that_no_algorithm_uses_is_refused(self, make):
        with pytest.raises(InputError) as caught:
            read_private_key(make().private_bytes(Encoding.PEM, PKCS8, NoEncryption()))
        assert caught.value.code == "key-invalid"

    @wrong_sizes
    def test_a_key_of_another_size_than_its_curve_is_refused(self, refused, curve, size):
        for data in (pkcs8(curve, size), as_pem(pkcs8(curve, size))):
            for read in (read_private_key, LocalSigner.from_pem):
                with refused("key-invalid", InputError):
                    read(data)

    @given(st.binary(max_size=200) | st.binary(max_size=100).map(lambda data: b"{" + data))
    def test_any_bytes_are_read_or_refused_with_our_error(self, data):
        with pytest.raises(InputError) as caught:
            read_private_key(data)
        assert caught.value.code == "key-invalid"

    def test_its_repr_shows_no_key(self, private_keys):
        assert repr(PrivateKey(private_keys["ES256"], None, "2019")) == "PrivateKey(alg=None, kid='2019')"

    def test_two_keys_are_never_taken_for_one(self, private_keys):
        keys = {PrivateKey(private_keys[name], None, "2019") for name in ("ES256", "ES384")}
        assert len(keys) == 2


class TestJWK:
    def test_that_of_every_algorithm_keeps_its_alg_and_kid(self, row, jwk, private_keys):
        read = private_from_jwk({**jwk, "kid": "2019-key"})
        assert read.material.public_key() == private_keys[row.name].public_key()
        assert (read.alg, read.kid) == (row.name, "2019-key")

    def test_one_that_names_neither_has_neither(self, ec_jwk):
        for kid in ({}, {"kid": ""}):
            unnamed = {name: value for name, value in ec_jwk.items() if name not in {"alg", "kid"}} | kid
            read = private_from_jwk(unnamed)
            assert (read.alg, read.kid) == (None, None)

    def test_that_of_every_algorithm_signs(self, row, jwk):
        signer = LocalSigner.from_jwk(json.dumps(jwk))
        assert signer.public_key.algorithm is row
        assert jws.verify(jws.sign(b"payload", signer), signer.public_key).payload == b"payload"

    def test_an_rsa_key_may_lack_its_primes(self, rsa_jwk, private_keys):
        short = {name: value for name, value in rsa_jwk.items() if name not in CRT}
        assert private_from_jwk(short).material.public_key() == private_keys["PS256"].public_key()

    @pytest.mark.parametrize("missing", CRT)
    def test_an_rsa_key_with_some_of_its_primes_numbers_is_refused(self, rsa_jwk, missing):
        with pytest.raises(InputError) as caught:
            private_from_jwk({name: value for name, value in rsa_jwk.items() if name != missing})
        assert caught.value.code == "key-invalid"

    @pytest.mark.parametrize("changed", ["d", *CRT, "n", "e"])
    def test_an_rsa_key_whose_numbers_do_not_agree_is_refused(self, rsa_jwk, private_keys, changed):
        other = rsa.generate_private_key(65537, 2048)
        others = {**rsa_members(other), "n": uint(other.public_key().public_numbers().n), "e": "Aw"}
        with pytest.raises(InputError) as caught:
            private_from_jwk({**rsa_jwk, changed: others[changed]})
        assert caught.value.code == "key-invalid"

    def test_a_d_of_another_key_is_refused(self, row, jwk):
        name = "priv" if row.kty == "AKP" else "d"
        size = {"EC": row.coordinate_size, "OKP": 32, "AKP": 32, "RSA": 255}[row.kty]
        with pytest.raises(InputError) as caught:
            private_from_jwk({**jwk, name: b64(b"\1" * size) if row.name != "ES512" else b64(b"\0" + b"\1" * 65)})
        assert caught.value.code == "key-invalid"

    @pytest.mark.parametrize("value", [7, None, "", "A", "AA==", "A+", "\ud800", "é", "AAAA"])
    def test_a_d_that_is_none_is_refused(self, row, jwk, value):
        with pytest.raises(InputError) as caught:
            private_from_jwk({**jwk, "priv" if row.kty == "AKP" else "d": value})
        assert caught.value.code == "key-invalid"

    def test_a_d_of_another_length_is_told_as_such(self, row, jwk):
        """As many bytes as the order of the curve, leading zeros among them (RFC 7518 section 6.2.2.1), or a seed."""
        if row.kty == "RSA":
            return
        name = "priv" if row.kty == "AKP" else "d"
        octets = urlsafe_b64decode(jwk[name] + "==")
        for wrong in (b"\0" + octets, octets[1:], octets + b"\0"):
            with pytest.raises(InputError, match=f"{name} must have {len(octets)} bytes") as caught:
                private_from_jwk({**jwk, name: b64(wrong)})
            assert caught.value.code == "key-invalid"

    @pytest.mark.parametrize("name", ["d", *CRT])
    def test_a_number_of_an_rsa_key_that_is_out_of_range_is_told_as_such(self, rsa_jwk, private_keys, name):
        modulus = private_keys["PS256"].public_key().public_numbers().n
        for number, told in (("AA", "zero, or too large"), (uint(modulus), "zero, or too large"), ("AQ", "not of one")):
            with pytest.raises(InputError, match=told) as caught:
                private_from_jwk({**rsa_jwk, name: number})
            assert caught.value.code == "key-invalid"

    @pytest.mark.parametrize("zero", ["A" * 43, "_____w" + "A" * 37])
    def test_a_d_that_is_no_number_of_the_curve_is_refused(self, ec_jwk, zero):
        with pytest.raises(InputError):
            private_from_jwk({**ec_jwk, "d": zero})

    @pytest.mark.parametrize(
        "change, told",
        [
            ({"kty": "oct", "k": "c2VjcmV0"}, "symmetric"),
            ({"kty": "oct"}, "symmetric"),
            ({"k": "c2VjcmV0"}, "symmetric"),
            ({"keys": []}, "JWK Set"),
            ({"oth": []}, "another type"),
            ({"p": "AQ"}, "another type"),
            ({"use": "enc"}, "use is 'enc', not sig"),
            ({"key_ops": ["verify"]}, "key_ops do not allow sign"),
            ({"key_ops": "sign"}, "key_ops do not allow sign"),
            ({"alg": "ES384"}, "alg does not belong"),
            ({"alg": "ECDH-ES"}, "alg does not belong"),
            ({"kid": 7}, "kid is not a string"),
            ({"crv": "P-384"}, "alg does not belong|bytes"),
        ],
    )
    def test_what_is_no_private_key_that_signs_is_refused(self, ec_jwk, change, told):
        with pytest.raises(InputError, match=told) as caught:
            private_from_jwk({**ec_jwk, **change})
        assert caught.value.code == "key-invalid"

    def test_a_public_jwk_is_no_private_key(self, signer):
        with pytest.raises(InputError, match="public key"):
            private_from_jwk(signer.public_key.to_jwk())

    def test_a_member_that_stands_twice_is_refused(self, ec_jwk):
        text = json.dumps(ec_jwk)[:-1] + ', "d": "AAAA"}'
        with pytest.raises(InputError, match="twice"):
            private_from_jwk(text)

    @pytest.mark.parametrize("jwk", [7, None, [], "\ud800", object()], ids=lambda jwk: type(jwk).__name__)
    def test_what_is_neither_a_mapping_nor_text_is_refused(self, jwk):
        with pytest.raises(InputError, match="neither a mapping nor JSON text") as caught:
            private_from_jwk(jwk)
        assert caught.value.code == "key-invalid"

    @pytest.mark.parametrize("operations", [["sign"], ["sign", "verify"]])
    def test_key_ops_of_a_key_pair_are_taken(self, ec_jwk, operations):
        assert private_from_jwk({**ec_jwk, "key_ops": operations})

    def test_an_algorithm_and_a_kid_that_are_given_go_before_those_of_the_jwk(self, rsa_jwk, ec_jwk):
        unnamed = {name: value for name, value in rsa_jwk.items() if name not in {"alg", "kid"}}
        named = private_from_jwk(unnamed).named("RS512", "2019")
        assert (named.alg, named.kid) == ("RS512", "2019")
        assert LocalSigner.from_jwk({**ec_jwk, "kid": "a"}, kid="b").public_key.kid == "b"
        with pytest.raises(InputError) as caught:
            LocalSigner.from_jwk(rsa_jwk, "RS256")
        assert caught.value.code == "alg-unsupported-by-key"
        with pytest.raises(InputError) as caught:
            LocalSigner.from_jwk(unnamed)
        assert caught.value.code == "alg-required"

    def test_both_names_of_ed25519_are_one(self):
        key = ed25519.Ed25519PrivateKey.generate()
        jwk = {**private_jwk(LocalSigner(key), key), "alg": "Ed25519"}
        assert private_from_jwk(jwk).named("EdDSA", None).alg == "EdDSA"


def texts_of(error: BaseException) -> str:
    """Everything that an error and those behind it say, shown or not."""
    said, pending = [], [error]
    while pending:
        one = pending.pop()
        said += [*traceback.format_exception(one), repr(one), repr(vars(one)), repr(one.args)]
        pending += [behind for behind in (one.__cause__, one.__context__) if behind is not None]
    return "".join(said)


def test_no_error_holds_what_it_could_not_read(jwk, row, private_keys):
    secrets = [str(jwk[name]) for name in ("d", "priv", *CRT) if name in jwk]
    pem = private_keys[row.name].private_bytes(Encoding.PEM, PKCS8, NoEncryption())
    body = pem.decode().split("-----")[2]
    name = "priv" if row.kty == "AKP" else "d"
    damaged = [
        json.dumps(jwk)[:-1].encode(),
        json.dumps({**jwk, name: jwk[name] + "!"}).encode(),
        json.dumps({**jwk, name: jwk[name] + "é"}, ensure_ascii=False).encode("latin-1"),
        json.dumps({**jwk, "kty": "x"}).encode(),
        pem.replace(b"END", b"EN"),
        pem.replace(b"\n", b"\n!", 2),
        pem[:60] + pem[64:],
    ]
    pieces = [*secrets, *re.findall(r"[A-Za-z0-9+/]{24,}", body)]
    for data in damaged:
        with pytest.raises(InputError) as caught:
            read_private_key(data)
        said = texts_of(caught.value)
        for piece in pieces:
            assert piece[:24] not in said
