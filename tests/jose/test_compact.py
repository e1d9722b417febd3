"""JWS in the compact form: the RFCs' own examples, round trips, and every refusal with its code."""

from __future__ import annotations

import hashlib
import hmac
import io
import json

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from hypothesis import assume, given
from hypothesis import strategies as st

from kmsjose.algorithms import TABLE, Family
from kmsjose.ecdsa import raw_to_der
from kmsjose.encoding import b64url_decode, b64url_encode
from kmsjose.errors import InputError, KmsJoseError, VerificationError
from kmsjose.jose.compact import prepare, sign, verify
from kmsjose.keys import KeySet, PublicKey
from kmsjose.payload import Chunks
from kmsjose.signers import LocalSigner

NAMES = [row.name for row in TABLE]
FAST = ["ES256", "ES256K", "ES512", "EdDSA", "PS256", "RS512", "ML-DSA-44"]
ECDSA = [row.name for row in TABLE if row.family is Family.ECDSA]

#: RFC 7515 appendix A.2 and A.3: one payload, two keys.
RFC_PAYLOAD = b'{"iss":"joe",\r\n "exp":1300819380,\r\n "http://example.com/is_root":true}'
RFC_A2_KEY = {
    "kty": "RSA",
    "n": "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJ"
    "PMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pC"
    "gNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmt"
    "dVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ",
    "e": "AQAB",
}
RFC_A2_SIGNATURE = (
    "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQ"
    "jbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqt"
    "FZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw"
)
RFC_A3_KEY = {
    "kty": "EC",
    "crv": "P-256",
    "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
    "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
}
RFC_A3_SIGNATURE = "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"


def compact(header: bytes, payload: bytes, signature: str) -> str:
    return f"{b64url_encode(header).decode()}.{b64url_encode(payload).decode()}.{signature}"


class TestTheRFCs:
    def test_rfc_7515_appendix_a_2(self, refused):
        token = compact(b'{"alg":"RS256"}', RFC_PAYLOAD, RFC_A2_SIGNATURE)
        assert verify(token, PublicKey.from_jwk(RFC_A2_KEY, alg="RS256")).payload == RFC_PAYLOAD
        with refused("alg-mismatch"):
            verify(token, PublicKey.from_jwk(RFC_A2_KEY, alg="PS256"))

    def test_rfc_7515_appendix_a_3(self):
        token = compact(b'{"alg":"ES256"}', RFC_PAYLOAD, RFC_A3_SIGNATURE)
        assert verify(token, PublicKey.from_jwk(RFC_A3_KEY)).payload == RFC_PAYLOAD

    def test_rfc_7515_appendix_a_5_is_unsecured_and_refused(self, trusted, refused):
        for signature in ("", "AA"):
            with refused("alg-none" if signature else "malformed"):
                verify(compact(b'{"alg":"none"}', RFC_PAYLOAD, signature), trusted)

    def test_rfc_8037_appendix_a_4_is_made_and_verified(self):
        secret = b64url_decode(b"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A")
        token = (
            "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc."
            "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
        )
        signer = LocalSigner(ed25519.Ed25519PrivateKey.from_private_bytes(secret))
        assert verify(token, signer.public_key).payload == b"Example of Ed25519 signing"
        signing_input, _, signature = token.rpartition(".")
        assert signer.sign(signing_input.encode()) == b64url_decode(signature.encode())

    def test_rfc_7797_section_4_signs_the_payload_as_it_is(self, signers):
        # Its key is a MAC, so the example is made again with ours: "$.02" has a period, so it stands outside the token.
        signer = signers["EdDSA"]
        token = sign(b"$.02", signer, b64=False, detached=True)
        protected, _, signature = token.partition("..")
        assert json.loads(b64url_decode(protected.encode())) == {
            "alg": "EdDSA",
            "kid": signer.public_key.kid,
            "b64": False,
            "crit": ["b64"],
        }
        signer.public_key.verify(protected.encode() + b".$.02", b64url_decode(signature.encode()))
        assert verify(token, signer.public_key, payload=b"$.02").payload == b"$.02"


class TestRoundTrip:
    @given(st.sampled_from(FAST), st.binary(max_size=200))
    def test_what_is_signed_is_verified(self, signers, trusted, name, payload):
        result = verify(sign(payload, signers[name]), trusted)
        assert result.payload == payload
        assert result.key == signers[name].public_key
        assert result.header == {"alg": name, "kid": result.key.kid}

    def test_with_every_algorithm(self, signer, trusted):
        token = sign(b"payload", signer, header={"typ": "example"})
        for keys in (trusted, signer.public_key, KeySet([signer.public_key])):
            for form in (token, token.encode()):
                assert verify(form, keys, typ="example").payload == b"payload"
        assert verify(token, trusted, algorithms=[signer.public_key.algorithm.name]).payload == b"payload"

    @given(st.binary(max_size=100), st.booleans())
    def test_detached(self, signers, payload, b64):
        signer = signers["EdDSA"]
        token = sign(payload, signer, detached=True, b64=b64)
        assert token.split(".")[1] == ""
        assert verify(token, signer.public_key, payload=payload).payload == payload

    @pytest.mark.parametrize("b64", [True, False])
    @pytest.mark.parametrize("size", [0, 1, 2, 3, 4, 3000, 3001, 3002])
    def test_detached_in_any_form_is_one_token(self, signer, b64, size, refused):
        whole = (bytes(range(256)) * 12)[:size]

        def forms():
            return [
                whole,
                bytearray(whole),
                io.BytesIO(whole),
                Chunks(size, [whole[i : i + 7] for i in range(0, size, 7)]),
            ]

        for signing in forms():
            token = sign(signing, signer, detached=True, b64=b64)
            for verifying in forms():
                result = verify(token, signer.public_key, payload=verifying)
                assert result.payload == (whole if isinstance(verifying, bytes) else None)
        for wrong in (io.BytesIO(whole + b"\0"), whole + b"\0"):
            with refused("signature-invalid"):
                verify(token, signer.public_key, payload=wrong)

    def test_a_large_detached_file_verifies_with_ed25519_though_kms_would_not_sign_it(self, signers, refused):
        signer = signers["EdDSA"]
        token = sign(bytes(10_000), signer, detached=True)
        assert verify(token, signer.public_key, payload=io.BytesIO(bytes(10_000))).payload is None
        with refused("message-too-large", InputError):
            sign(io.BytesIO(bytes(10_000)), signer, detached=True)

    @given(st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E, exclude_characters="."), max_size=40))
    def test_an_unencoded_payload_may_be_attached_if_it_is_printable_ascii_without_a_period(self, signers, payload):
        signer = signers["EdDSA"]
        token = sign(payload.encode(), signer, b64=False)
        assert token.split(".")[1] == payload
        assert verify(token, signer.public_key).payload == payload.encode()

    @pytest.mark.parametrize("payload", [b"a.b", b"\n", b"\x7f", "é".encode(), b"\0", b"\xff"])
    def test_any_other_unencoded_payload_must_be_detached(self, signers, payload, refused):
        with refused("payload-invalid", InputError):
            sign(payload, signers["EdDSA"], b64=False)
        token = sign(payload, signers["EdDSA"], b64=False, detached=True)
        assert verify(token, signers["EdDSA"].public_key, payload=payload).payload == payload

    def test_a_file_or_chunks_may_be_attached(self, signers):
        for payload in (io.BytesIO(b"payload"), Chunks(7, [b"pay", b"load"]), bytearray(b"payload")):
            assert verify(sign(payload, signers["ES256"]), signers["ES256"].public_key).payload == b"payload"

    def test_the_fully_specified_name_is_verified_by_the_same_key(self, signers, trusted):
        token = sign(b"m", signers["EdDSA"], fully_specified=True)
        assert verify(token, trusted).header["alg"] == "Ed25519"
        assert verify(token, trusted, algorithms=["EdDSA"]).payload == b"m"
        assert verify(sign(b"m", signers["EdDSA"]), trusted, algorithms=["Ed25519"]).payload == b"m"

    @pytest.mark.parametrize("header", [{"note": "text"}, {"note": [1]}], ids=["of text alone", "of more than text"])
    def test_the_calls_options_hold_whatever_the_header_is_of(self, signers, trusted, header):
        token = sign(b"m", signers["EdDSA"], header=header, b64=False, fully_specified=True)
        result = verify(token, trusted)
        assert result.payload == b"m"
        assert result.header == {
            "alg": "Ed25519", "kid": signers["EdDSA"].public_key.kid, **header, "b64": False, "crit": ["b64"]
        }  # fmt: skip

    def test_headers_that_python_finds_equal_are_written_apart(self, signers, trusted):
        for value in (1, True, 1.0):
            note = verify(sign(b"m", signers["ES256"], header={"note": value}), trusted).header["note"]
            assert (note, type(note)) == (value, type(value))

    def test_the_header_is_the_callers_own(self, signers, trusted):
        token = sign(b"m", signers["ES256"], header={"list": [1]})
        verify(token, trusted).header["list"].append(2)
        assert verify(token, trusted).header["list"] == [1]

    def test_a_source_is_asked_once_for_a_token(self, signers, trusted):
        class Source:
            order = iter([signers["ES256"], signers["EdDSA"]])

            def current(self):
                return next(self.order)

        source = Source()
        assert verify(sign(b"m", source), trusted).key == signers["ES256"].public_key
        assert verify(sign(b"m", source), trusted).key == signers["EdDSA"].public_key


class TestRequest:
    def test_a_signature_from_elsewhere_finishes_it(self, signer, trusted):
        request = prepare(b"payload", signer.public_key)
        signature = request.signing_input.sign(signer)
        assert verify(request.finish(signature), trusted).payload == b"payload"
        assert request.finish(signature) == request.assemble(signature)

    def test_it_becomes_the_token_that_sign_makes(self, signers):
        signer = signers["EdDSA"]
        request = prepare(b"payload", signer.public_key)
        assert request.finish(request.signing_input.sign(signer)) == sign(b"payload", signer)

    def test_a_detached_payload_that_is_in_memory_stays_a_message(self, signers):
        key = signers["ES256"].public_key
        request = prepare(b"payload", key, detached=True)
        assert request.signing_input.message == prepare(b"payload", key).signing_input.message

    def test_a_wrong_signature_does_not(self, signer, refused):
        request = prepare(b"payload", signer.public_key)
        for signature in (signer.sign(b"other"), b"", request.signing_input.sign(signer)[:-1]):
            with refused("signature-invalid", InputError):
                request.finish(signature)

    def test_a_der_signature_is_not_taken_for_raw(self, signers, refused):
        request = prepare(b"payload", signers["ES256"].public_key)
        signature = request.signing_input.sign(signers["ES256"])
        with refused("signature-invalid", InputError):
            request.finish(raw_to_der(signature, signers["ES256"].public_key.algorithm))

    def test_a_large_detached_payload_is_kept_as_a_digest(self, signers):
        request = prepare(io.BytesIO(bytes(3_000_000)), signers["ES256"].public_key, detached=True)
        assert request.signing_input.message is None
        assert len(request.signing_input.prehashed) == 32

    def test_its_repr_shows_no_content(self, signers):
        assert "c2Vj" not in repr(prepare(b"secret", signers["ES256"].public_key))

    def test_a_payload_over_the_limit_is_refused_unless_detached(self, signers, refused):
        with refused("payload-too-large", InputError):
            prepare(bytes(101), signers["ES256"].public_key, max_size=100)
        with refused("payload-too-large", InputError):
            sign(bytes(101), signers["ES256"], max_size=100)
        assert prepare(bytes(101), signers["ES256"].public_key, max_size=100, detached=True)

    def test_a_text_file_is_refused(self, signers, refused):
        for detached in (True, False):
            with refused("payload-invalid", InputError):
                prepare(io.StringIO("text"), signers["ES256"].public_key, detached=detached)


class TestKeys:
    def test_a_mac_keyed_by_the_public_key_is_refused(self, signers, refused):
        key = signers["RS256"].public_key
        signing_input = (
            b64url_encode(json.dumps({"alg": "HS256", "kid": key.kid}).encode()) + b"." + b64url_encode(b"m")
        )
        for secret in (
            key.spki,
            key.to_pem().encode(),
            key.to_pem().strip().encode(),
            json.dumps(key.to_jwk()).encode(),
        ):
            mac = b64url_encode(hmac.digest(secret, signing_input, hashlib.sha256))
            with refused("alg-unknown"):
                verify(signing_input + b"." + mac, key)

    def test_an_alg_that_is_not_the_keys_is_refused(self, signers, trusted, forge, refused):
        signer = signers["RS256"]
        # All six RSA keys share one kid here, so only a set of this one key shows the mismatch.
        token = forge(signer, {"alg": "PS256", "kid": signer.public_key.kid})
        for keys in (signer.public_key, KeySet([signer.public_key])):
            with refused("alg-mismatch"):
                verify(token, keys)
        with refused("signature-invalid"):
            verify(token, trusted)
        with refused("alg-mismatch"):
            verify(forge(signers["ES256"], {"alg": "ES384", "kid": signers["ES256"].public_key.kid}), trusted)

    def test_the_alg_of_another_curve_with_the_same_hash_is_refused(self, signers, forge, refused):
        with refused("alg-mismatch"):
            verify(forge(signers["ES256"], {"alg": "ES256K"}), signers["ES256"].public_key)

    def test_an_unknown_kid_is_refused(self, signers, forge, refused):
        token = forge(signers["ES256"], {"alg": "ES256", "kid": "other"})
        for keys in (signers["ES256"].public_key, KeySet([signers["ES256"].public_key])):
            with refused("key-not-found"):
                verify(token, keys)

    def test_a_token_without_kid_needs_one_key_of_its_algorithm(self, signers, trusted, forge, refused):
        token = forge(signers["ES256"], {"alg": "ES256"})
        assert verify(token, trusted).payload == b"payload"
        other = PublicKey.of(ec.generate_private_key(ec.SECP256R1()).public_key())
        with refused("key-ambiguous"):
            verify(token, KeySet([*trusted, other]))
        with refused("signature-invalid"):
            verify(token, KeySet([other]))

    @pytest.mark.parametrize("where", ["jwk", "x5c", "jku", "x5u"])
    def test_a_key_that_the_token_itself_offers_is_never_trusted(self, signers, trusted, forge, where, refused):
        attacker = LocalSigner(ec.generate_private_key(ec.SECP256R1()))
        offer = {
            "jwk": attacker.public_key.to_jwk(),
            "x5c": ["AAAA"],
            "jku": "https://a.example",
            "x5u": "https://a.example",
        }
        with refused("key-not-found"):
            verify(forge(attacker, {"alg": "ES256", "kid": attacker.public_key.kid, where: offer[where]}), trusted)
        with refused("signature-invalid"):
            verify(forge(attacker, {"alg": "ES256", where: offer[where]}), trusted)
        # Nor does it disturb: the trusted key verifies, the offer is ignored.
        token = forge(signers["ES256"], {"alg": "ES256", "kid": signers["ES256"].public_key.kid, where: offer[where]})
        assert verify(token, trusted).key == signers["ES256"].public_key

    def test_only_the_algorithms_that_the_caller_accepts(self, signers, trusted, refused):
        token = sign(b"m", signers["ES256"])
        for algorithms in ([], ["EdDSA"], ["PS256", "ES384"]):
            with refused("alg-not-allowed"):
                verify(token, trusted, algorithms=algorithms)
        for algorithms in (["HS256"], ["none"]):
            with refused("alg-unknown", InputError):
                verify(token, trusted, algorithms=algorithms)

    def test_the_typ_that_the_caller_expects(self, signers, trusted, refused):
        with refused("typ-mismatch"):
            verify(sign(b"m", signers["ES256"], header={"typ": "at+jwt"}), trusted, typ="JWT")
        assert verify(sign(b"m", signers["ES256"], header={"typ": "at+jwt"}), trusted).payload == b"m"

    def test_several_typs_may_be_expected(self, signers, trusted, refused):
        token = sign(b"payload", signers["ES256"], header={"typ": "dc+sd-jwt"})
        assert verify(token, trusted, typ=("vc+sd-jwt", "application/DC+SD-JWT")).payload == b"payload"
        with refused("typ-mismatch"):
            verify(token, trusted, typ=["vc+sd-jwt", "JWT"])

    @pytest.mark.parametrize("typ", [5, b"dc+sd-jwt", (), [5], [None]], ids=repr)
    def test_a_typ_that_is_no_text_is_the_callers_mistake(self, signers, trusted, typ, refused):
        token = sign(b"payload", signers["ES256"], header={"typ": "dc+sd-jwt"})
        with refused("usage", InputError):
            verify(token, trusted, typ=typ)


class TestHeaderRules:
    """`test_header` has each rule; here the tokens are truly signed, so that the rule alone refuses them."""

    @pytest.mark.parametrize(
        "header, code",
        [
            (b'{"alg":"none"}', "alg-none"),
            (b'{"alg":"nOnE"}', "alg-none"),
            (b'{"alg":"HS256"}', "alg-unknown"),
            (b'{"alg":"es256"}', "alg-unknown"),
            (b"{}", "alg-missing"),
            (b'{"typ":"JWT"}', "alg-missing"),
            (b'{"alg":["ES256"]}', "bad-header"),
            (b'{"alg":"ES256","alg":"ES256"}', "duplicate-member"),
            (b'{"alg":"ES256","kid":5}', "bad-header"),
            (b'{"alg":"ES256","crit":[]}', "crit-invalid"),
            (b'{"alg":"ES256","crit":["b64","b64"],"b64":true}', "crit-invalid"),
            (b'{"alg":"ES256","crit":["exp"],"exp":1}', "crit-unknown"),
            (b'{"alg":"ES256","crit":["alg"]}', "crit-invalid"),
            (b'{"alg":"ES256","crit":["b64"]}', "crit-invalid"),
            (b'{"alg":"ES256","crit":["b64"],"b64":"false"}', "b64-invalid"),
            (b'{"alg":"ES256","b64":false}', "b64-invalid"),
            (b'\xef\xbb\xbf{"alg":"ES256"}', "bad-json"),
            (b'{"alg":"ES256"}{}', "bad-json"),
            (b'{"alg":"ES256","x":NaN}', "bad-json"),
            (b'{"alg":"ES256","x":' + b"[" * 600 + b"]" * 600 + b"}", "bad-json"),
            (b'["ES256"]', "bad-json"),
            (b'{"alg":"ES256","x":"' + b"x" * 65536 + b'"}', "too-large"),
        ],
    )
    def test_each_is_refused_with_its_code(self, signers, forge, header, code, refused):
        with refused(code):
            verify(forge(signers["ES256"], header), signers["ES256"].public_key)

    def test_a_critical_extension_that_the_caller_understands_passes(self, signers, forge, refused):
        token = forge(signers["ES256"], {"alg": "ES256", "crit": ["exp"], "exp": 1})
        assert verify(token, signers["ES256"].public_key, understood=["exp"]).payload == b"payload"
        with refused("crit-unknown"):
            verify(token, signers["ES256"].public_key, understood=["other"])

    def test_an_encoded_payload_that_says_so_passes(self, signers, forge):
        token = forge(signers["ES256"], {"alg": "ES256", "crit": ["b64"], "b64": True})
        assert verify(token, signers["ES256"].public_key).payload == b"payload"

    @pytest.mark.parametrize("body", [b"a\nb", b"\x7f", "é".encode(), b"\0"])
    def test_an_unencoded_payload_that_a_compact_jws_cannot_carry_is_refused(self, signers, body, refused):
        signing_input = b64url_encode(b'{"alg":"ES256","crit":["b64"],"b64":false}') + b"." + body
        with refused("malformed"):
            verify(
                signing_input + b"." + b64url_encode(signers["ES256"].sign(signing_input)), signers["ES256"].public_key
            )


class TestForm:
    @pytest.fixture
    def key(self, signers):
        return signers["ES256"].public_key

    @pytest.fixture
    def token(self, signers):
        return sign(b"payload!", signers["ES256"])

    @pytest.mark.parametrize(
        "spoil, codes",
        [
            pytest.param(lambda h, p, s: f"{h}=.{p}.{s}", {"bad-base64url"}, id="padding of the header"),
            pytest.param(lambda h, p, s: f"{h}.{p}=.{s}", {"bad-base64url"}, id="padding of the payload"),
            pytest.param(lambda h, p, s: f"{h}.{p}.{s}==", {"bad-base64url"}, id="padding of the signature"),
            pytest.param(lambda h, p, s: f" {h}.{p}.{s}", {"bad-base64url"}, id="a space before"),
            pytest.param(lambda h, p, s: f"{h}.{p}.{s} ", {"bad-base64url"}, id="a space after"),
            pytest.param(lambda h, p, s: f"{h}.{p}.{s}\n", {"bad-base64url"}, id="a newline after"),
            pytest.param(lambda h, p, s: f"{h}.\n{p}.{s}", {"bad-base64url"}, id="a newline inside"),
            pytest.param(lambda h, p, s: f"{h}\t.{p}.{s}", {"bad-base64url"}, id="a tab"),
            pytest.param(lambda h, p, s: f"\ufeff{h}.{p}.{s}", {"malformed"}, id="a BOM"),
            pytest.param(lambda h, p, s: f"{h}.{p}.{s[:-1]}é", {"malformed"}, id="not ASCII"),
            pytest.param(lambda h, p, s: f"{h}.{p}", {"malformed"}, id="two parts"),
            pytest.param(lambda h, p, s: f"{h}.{p}.{s}.", {"malformed"}, id="four parts, the last empty"),
            pytest.param(lambda h, p, s: f"{h}.{p}.{s}.{s}", {"malformed"}, id="four parts"),
            pytest.param(lambda h, p, s: f"{h}.{p}.{s}.{s}.{s}", {"malformed"}, id="five parts, as a JWE"),
            pytest.param(lambda h, p, s: f".{h}.{p}.{s}", {"malformed"}, id="an empty part before"),
            pytest.param(lambda h, p, s: f".{p}.{s}", {"malformed"}, id="no header"),
            pytest.param(lambda h, p, s: f"{h}.{p}.", {"malformed"}, id="no signature"),
            pytest.param(lambda h, p, s: h, {"malformed"}, id="one part"),
            pytest.param(lambda h, p, s: "", {"malformed"}, id="nothing"),
            pytest.param(lambda h, p, s: "..", {"malformed"}, id="periods alone"),
            pytest.param(lambda h, p, s: f"{h}..{s}", {"payload-missing"}, id="the payload cut out"),
            pytest.param(lambda h, p, s: f"{h}.{p}.{s[:-2]}", {"signature-size", "bad-base64url"}, id="truncated"),
            pytest.param(lambda h, p, s: f"{h}.{p}.{s[:-4]}", {"signature-size", "bad-base64url"}, id="truncated more"),
            pytest.param(lambda h, p, s: f"{h}.{p}.{s}AAAA", {"signature-size", "bad-base64url"}, id="too long"),
            pytest.param(lambda h, p, s: f"{h}.{p}.{s[:-1]}{chr(ord(s[-1]) + 1)}", {"bad-base64url"}, id="unused bits"),
            pytest.param(
                lambda h, p, s: f"{h}.{p[:-1]}{chr(ord(p[-1]) + 1)}.{s}",
                {"bad-base64url"},
                id="unused bits of the payload",
            ),
            pytest.param(lambda h, p, s: f"Bearer {h}.{p}.{s}", {"bad-base64url"}, id="with its Authorization scheme"),
            pytest.param(lambda h, p, s: json.dumps(f"{h}.{p}.{s}"), {"bad-base64url"}, id="in quotes"),
        ],
    )
    def test_what_is_not_three_parts_of_strict_base64url_is_refused(self, token, key, spoil, codes):
        spoiled = spoil(*token.split("."))
        for form in (spoiled, spoiled.encode()):
            with pytest.raises(VerificationError) as caught:
                verify(form, key)
            # A BOM or an umlaut in bytes is a foreign character like any other.
            assert caught.value.code in codes | ({"bad-base64url"} if not spoiled.isascii() else set())

    @pytest.mark.parametrize("name", ECDSA)
    def test_a_der_signature_is_refused_for_its_size(self, signers, name, refused):
        signing_input, _, signature = sign(b"m", signers[name]).rpartition(".")
        der = raw_to_der(b64url_decode(signature.encode()), signers[name].public_key.algorithm)
        with refused("signature-size"):
            verify(f"{signing_input}.{b64url_encode(der).decode()}", signers[name].public_key)

    def test_a_token_over_the_limit_is_refused_unread(self, token, key, refused):
        assert verify(token, key, max_size=len(token)).payload == b"payload!"
        with refused("too-large"):
            verify(token, key, max_size=len(token) - 1)
        with refused("too-large"):
            verify("." * (17 << 20), key)

    def test_a_truly_signed_payload_that_is_not_base64url_is_refused(self, signers, forge, key, refused):
        for body in (b"cGF5=", b"AB", b"a b", b"+/+/"):
            with refused("bad-base64url"):
                verify(forge(signers["ES256"], {"alg": "ES256"}, body, raw=True), key)

    @pytest.mark.parametrize("token", [None, 5, 5.5, [None]], ids=repr)
    def test_what_is_no_text_is_refused_with_its_cause(self, token, key, refused):
        with refused("usage", InputError) as caught:
            verify(token, key)
        assert isinstance(caught.value.__cause__, TypeError)

    @pytest.mark.parametrize(
        "spoil, told",
        [
            (lambda token: f"Bearer {token}", "behind 'bearer'"),
            (lambda token: f"DPoP {token}", "behind 'dpop'"),
            (lambda token: f"Authorization: Bearer {token}", "behind 'authorization:'"),
            (lambda token: f'"{token}"', "quotation marks"),
            (lambda token: json.dumps({"payload": token}), "`jws.verify_json`"),
            (lambda token: '  {"a": "b.c.d"}', "`jws.verify_json`"),
            (lambda token: f"{token}.AA.AA", "encrypted"),
            (lambda token: token.replace(".", "~"), "SD-JWT"),
            (lambda token: "-----BEGIN CERTIFICATE-----", "PEM"),
            (lambda token: "https://issuer.example/token", "URL"),
            (lambda token: b"\xd2\x84\x40\xa0\x40\x40", "`cose.verify1`"),
            (lambda token: "", "empty"),
            (lambda token: " \n", "empty"),
            (lambda token: f" {token}", "whitespace"),
            (lambda token: token.rpartition(".")[0], "between two periods"),
        ],
    )
    def test_what_is_pasted_by_mistake_is_named(self, token, key, spoil, told):
        with pytest.raises(VerificationError) as caught:
            verify(spoil(token), key)
        assert told in caught.value.message

    @pytest.mark.parametrize("before", ["Authorization:", "authorization:basic:", "Bearer ", " DPoP  "])
    def test_nothing_that_was_pasted_by_mistake_is_quoted(self, before, key):
        with pytest.raises(VerificationError) as caught:
            verify(f"{before}c2VjcmV0", key)
        assert "c2vjcmv0" not in str(caught.value).lower()

    def test_a_bytearray_is_bytes(self, token, key):
        assert verify(bytearray(token.encode()), key).payload == b"payload!"

    def test_an_attached_payload_leaves_no_room_for_another(self, token, key, refused):
        with refused("payload-unexpected"):
            verify(token, key, payload=b"payload!")

    def test_a_detached_token_without_its_payload_is_refused(self, signers, key, refused):
        with refused("payload-missing"):
            verify(sign(b"payload", signers["ES256"], detached=True), key)

    def test_chunks_that_do_not_add_up_are_the_callers_mistake(self, signers, key, refused):
        with refused("payload-invalid", InputError):
            verify(sign(b"payload", signers["ES256"], detached=True), key, payload=Chunks(9, [b"payload"]))


class TestAnyChange:
    @given(st.sampled_from(FAST), st.data())
    def test_any_one_character_changed_is_refused(self, signers, trusted, name, data):
        token = _token(signers[name])
        index = data.draw(st.integers(0, len(token) - 1))
        character = data.draw(st.characters(min_codepoint=0, max_codepoint=0x7F, exclude_characters=token[index]))
        with pytest.raises(VerificationError):
            verify(token[:index] + character + token[index + 1 :], trusted)

    @given(st.sampled_from(FAST), st.data())
    def test_any_one_character_left_out_or_put_in_is_refused(self, signers, trusted, name, data):
        token = _token(signers[name])
        index = data.draw(st.integers(0, len(token) - 1))
        for changed in (token[:index] + token[index + 1 :], token[:index] + "A" + token[index:], token[:index]):
            with pytest.raises(VerificationError):
                verify(changed, trusted)

    @given(st.sampled_from(FAST), st.sampled_from(FAST), st.permutations(range(3)), st.integers(0, 7))
    def test_parts_of_two_tokens_make_no_third(self, signers, trusted, one, other, order, choice):
        first, second = _token(signers[one]).split("."), sign(b"another", signers[other]).split(".")
        parts = [(first, second)[choice >> i & 1][order[i]] for i in range(3)]
        assume(parts not in (first, second))
        with pytest.raises(VerificationError):
            verify(".".join(parts), trusted)

    @given(st.binary(max_size=80) | st.text("eyJhbGciOiJF.-_=", max_size=40).map(str.encode))
    def test_any_bytes_raise_only_our_error(self, trusted, data):
        for token in (data, data + b"." + data + b"." + data, b64url_encode(data) + b"..AA"):
            for options in ({}, {"payload": b"x"}):
                with pytest.raises(VerificationError):
                    verify(token, trusted, **options)

    @given(st.text(max_size=40))
    def test_any_text_raises_only_our_error(self, trusted, text):
        with pytest.raises(KmsJoseError):
            verify(text, trusted)


_TOKENS: dict[str, str] = {}


def _token(signer: LocalSigner) -> str:
    """One token a signer, since signing is what takes the time."""
    return _TOKENS.setdefault(signer.public_key.algorithm.name, sign(b'{"sub":"alice"}', signer))
