"""What is signed by default is read by default, in every format; and each limit is the number that is told."""

from __future__ import annotations

import inspect
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from kmsjose import LocalSigner, cose, cwt, jws, jwt, vc
from kmsjose.cbor_heads import MAX_DEPTH, MAX_ENTRIES, MAX_ITEMS
from kmsjose.cose.message import MAX_MESSAGE_SIZE, MAX_PAYLOAD_SIZE
from kmsjose.encoding import MAX_ITEMS as MAX_JSON_ITEMS
from kmsjose.errors import InputError
from kmsjose.jose import compact, json_form

LIFETIME = timedelta(minutes=5)
#: A header parameter that makes a header as long as one may be.
LONG = "x" * 48_000


@pytest.fixture(scope="module")
def longest():
    """A signer of the longest RSA signature that is tried here; ML-DSA's are longer, and are tried too."""
    return LocalSigner(rsa.generate_private_key(65537, 4096), "PS256")


@pytest.fixture(params=["ES256", "ML-DSA-87", "RSA"])
def any_signer(request, signers, longest):
    return longest if request.param == "RSA" else signers[request.param]


class TestNumbers:
    @pytest.mark.parametrize(
        "limit, number",
        [
            (jwt.MAX_JWT_SIZE, 1_048_576),
            (jwt.MAX_CLAIMS_SIZE, 688_128),
            (jws.MAX_TOKEN_SIZE, 16_777_216),
            (compact.MAX_PAYLOAD_SIZE, 11_796_480),
            (cwt.MAX_CWT_SIZE, 1_048_576),
            (cwt.MAX_CLAIMS_SIZE, 917_504),
            (vc.MAX_SIZE, 4_194_304),
            (MAX_MESSAGE_SIZE, 16_777_216),
            (MAX_PAYLOAD_SIZE, 15_728_640),
            (json_form.MAX_SIGNATURES, 64),
            (MAX_JSON_ITEMS, 131_072),
            (MAX_DEPTH, 32),
            (MAX_ENTRIES, 1_024),
            (MAX_ITEMS, 65_536),
        ],
    )
    def test_each(self, limit, number):
        assert limit == number


class TestDefaults:
    """Signing takes what its prepare function takes, and by the same defaults."""

    @pytest.mark.parametrize(
        "sign, prepare",
        [
            (jws.sign, jws.prepare),
            (jws.sign_json, jws.prepare_json),
            (jwt.sign, jwt.prepare),
            (cwt.sign, cwt.prepare),
            (vc.issue, vc.prepare),
            (vc.present, vc.prepare_presentation),
            (cose.sign, cose.prepare),
            (cose.sign1, cose.prepare1),
            (cose.sign_hash_envelope, cose.prepare_hash_envelope),
            (cose.countersign, cose.prepare_countersign),
            (cose.countersign0, cose.prepare_countersign0),
        ],
    )
    def test_each(self, sign, prepare):
        options = [
            {
                name: one.default
                for name, one in inspect.signature(call).parameters.items()
                if one.kind is one.KEYWORD_ONLY
            }
            for call in (sign, prepare)
        ]
        assert options[0] == options[1]

    @pytest.mark.parametrize("form", ["general", "flattened"])
    def test_the_callers_limit_reaches_the_signing(self, signers, refused, form):
        signer = signers["ES256"]
        for sign in (
            lambda payload, limit: jws.sign(payload, signer, max_size=limit),
            lambda payload, limit: jws.sign_json(payload, [signer], form=form, max_size=limit),
            lambda payload, limit: cose.sign1(payload, signer, max_size=limit),
            lambda payload, limit: cose.sign(payload, [signer], max_size=limit),
        ):
            assert sign(b"x" * 10, 10)
            with refused("payload-too-large", InputError):
                sign(b"x" * 11, 10)


class TestTheLargest:
    """The largest that is signed unasked, below the longest header and signature, is read unasked."""

    def test_jwt(self, any_signer, refused):
        claims = {"x": "x" * (jwt.MAX_CLAIMS_SIZE - 100)}
        token = jwt.sign(claims, any_signer, lifetime=LIFETIME, header={"pad": LONG})
        assert jwt.verify(token, any_signer.public_key).claims["x"] == claims["x"]
        with refused("payload-too-large", InputError):
            jwt.sign({"x": "x" * 900_000}, any_signer, lifetime=LIFETIME)

    def test_jws(self, any_signer, refused):
        payload = bytes(compact.MAX_PAYLOAD_SIZE)
        assert jws.verify(jws.sign(payload, any_signer, header={"pad": LONG}), any_signer.public_key).payload == payload
        with refused("payload-too-large", InputError):
            jws.sign(payload + b"x", any_signer)

    def test_jws_in_json(self, any_signer):
        payload = bytes(compact.MAX_PAYLOAD_SIZE)
        as_signers = [jws.SignAs(any_signer, header={"pad": LONG})] * 12
        assert jws.verify_json(jws.sign_json(payload, as_signers), any_signer.public_key).payload == payload

    def test_cwt(self, any_signer, refused):
        token = cwt.sign({8: bytes(cwt.MAX_CLAIMS_SIZE - 100)}, any_signer, lifetime=LIFETIME, protected={99: LONG})
        assert len(cwt.verify(token, any_signer.public_key).claims[8]) == cwt.MAX_CLAIMS_SIZE - 100
        with refused("header-invalid", InputError):
            cwt.sign({8: bytes(900_000)}, any_signer, unprotected={99: bytes(200_000)})

    def test_cose(self, any_signer, refused):
        payload = bytes(MAX_PAYLOAD_SIZE)
        message = cose.sign1(payload, any_signer, protected={99: LONG}, unprotected={98: bytes(500_000)})
        assert cose.verify1(message, any_signer.public_key).payload == payload
        with refused("header-invalid", InputError):
            cose.sign1(b"", any_signer, unprotected={98: bytes(1_000_000)})

    def test_cose_of_several(self, any_signer, refused):
        payload = bytes(MAX_PAYLOAD_SIZE)
        as_signers = [cose.SignAs(any_signer, protected={99: LONG})] * 12
        assert cose.verify(cose.sign(payload, as_signers), any_signer.public_key).payload == payload
        with refused("header-invalid", InputError):
            cose.prepare(b"", [cose.SignAs(any_signer.public_key, protected={99: LONG})] * 64)
