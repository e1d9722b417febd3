"""What goes wrong in practice, one test each: a clear error of ours with a stable code, and nothing half written."""

from __future__ import annotations

import hmac
import json
from datetime import timedelta
from io import BytesIO

import pytest

from kmsjose import (
    Chunks,
    InputError,
    KeySet,
    KMSError,
    KMSSigner,
    PublicKey,
    VerificationError,
    jws,
    jwt,
    kms,
)
from kmsjose.encoding import b64url_encode
from tests.kms.endpoints import free_port

CREDENTIALS = kms.Credentials("test", "test")


@pytest.fixture
def arn(kmsjose_client):
    return kms.create_key(kmsjose_client, "ES256")


@pytest.fixture
def signer(kmsjose_client, arn):
    return KMSSigner.open(kmsjose_client, arn)


@pytest.fixture
def keys(signer):
    return KeySet([signer.public_key])


@pytest.fixture
def token(signer):
    return jws.sign(b"payload", signer)


def encode(value):
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return b64url_encode(data).decode()


def forge(signer, header, payload=b"payload"):
    message = f"{encode(header)}.{encode(payload)}"
    return f"{message}.{encode(signer.sign(message.encode()))}"


class TestKMS:
    def test_no_such_key(self, kmsjose_client, refused):
        with refused("not-found", KMSError):
            KMSSigner.open(kmsjose_client, "alias/nobody")

    def test_a_disabled_key(self, kmsjose_client, arn, signer, refused):
        kms.disable_key(kmsjose_client, arn)
        with refused("disabled", KMSError):
            signer.sign(b"message")
        with refused("disabled", KMSError):
            KMSSigner.open(kmsjose_client, arn)

    def test_a_key_that_waits_for_its_deletion(self, kmsjose_client, arn, signer, refused):
        kms.schedule_deletion(kmsjose_client, arn, 7)
        with refused("invalid-state", KMSError):
            signer.sign(b"message")

    def test_access_denied(self, signer, kmsjose_faults, refused):
        kmsjose_faults.error("AccessDeniedException", "Sign", message="not authorized to perform kms:Sign")
        with refused("access-denied", KMSError) as caught:
            signer.sign(b"message")
        assert "kms:Sign" in str(caught.value)

    def test_the_wrong_region(self, arn, refused):
        elsewhere = kms.connect(local=":memory:", region="us-east-1")
        with refused("not-found", KMSError) as caught:
            KMSSigner.open(elsewhere, arn)
        assert "make a client for eu-west-1" in caught.value.message

    def test_throttled_until_the_retries_end(self, kmsjose_faults, refused):
        client = kms.connect(local=":memory:", faults=kmsjose_faults, max_attempts=2)
        signer = KMSSigner.open(client, kms.create_key(client, "ES256"))
        kmsjose_faults.throttle("Sign")
        with refused("throttled", KMSError) as caught:
            signer.sign(b"message")
        assert caught.value.retryable

    def test_an_endpoint_that_refuses(self, refused):
        url = f"http://127.0.0.1:{free_port()}"
        client = kms.connect(region="eu-west-1", endpoint_url=url, credentials=CREDENTIALS, max_attempts=1)
        with refused("connection", KMSError):
            KMSSigner.open(client, "alias/issuer")

    def test_an_endpoint_that_hangs(self, kmsjose_faults, refused):
        client = kms.connect(local=":memory:", faults=kmsjose_faults, max_attempts=1)
        kmsjose_faults.timeout()
        with refused("connection", KMSError):
            KMSSigner.open(client, "alias/issuer")


class TestPayloadsAndClaims:
    @pytest.mark.parametrize("claims", [None, [], "claims", {1: 2}, {"x": float("nan")}, {"x": object()}])
    def test_claims_that_are_not_json(self, signer, claims):
        with pytest.raises(InputError) as caught:
            jwt.sign(claims, signer)
        assert caught.value.code in {"claims-invalid", "json-invalid"}

    def test_a_payload_of_100_mb_attached_is_refused_before_it_is_read(self, signer, kmsjose_faults, refused):
        kmsjose_faults.clear()
        with refused("payload-too-large", InputError):
            jws.sign(bytes(100_000_000), signer)
        with refused("payload-too-large", InputError):
            jws.sign(Chunks(100_000_000, iter(())), signer)
        assert kmsjose_faults.calls == []

    def test_a_payload_of_100_mb_is_signed_detached_in_pieces(self, signer, keys):
        piece = bytes(1_000_000)
        token = jws.sign(Chunks(100_000_000, (piece for _ in range(100))), signer, detached=True, b64=False)
        jws.verify(token, keys, payload=Chunks(100_000_000, (piece for _ in range(100))))

    def test_a_token_of_100_mb_is_refused_by_its_size(self, keys, refused):
        with refused("too-large"):
            jws.verify("A" * 100_000_000, keys)

    def test_an_empty_file_is_an_empty_payload(self, signer, keys):
        assert jws.verify(jws.sign(BytesIO(), signer), keys).payload == b""


class TestKeySets:
    def test_a_jwk_set_with_private_keys(self, signers, refused):
        jwk = {**signers["ES256"].public_key.to_jwk(), "d": "AAAA"}
        with refused("key-private", InputError):
            KeySet.from_jwks({"keys": [jwk]})

    def test_two_keys_with_one_kid(self, kmsjose_client, refused):
        jwks = [
            KMSSigner.open(kmsjose_client, kms.create_key(kmsjose_client, "ES256"), kid="a").public_key.to_jwk()
            for _ in range(2)
        ]
        with refused("key-conflict", InputError):
            KeySet.from_jwks({"keys": jwks})

    def test_an_empty_jwk_set_file(self, refused):
        with refused("key-invalid", InputError):
            KeySet.from_jwks(b"")


class TestTokens:
    @pytest.mark.parametrize("alg", ["none", "None", "NONE"])
    def test_alg_none(self, keys, refused, alg):
        with refused("alg-none"):
            jws.verify(f"{encode({'alg': alg})}.{encode(b'payload')}.AAAA", keys)

    @pytest.mark.parametrize("alg", ["HS256", "ES257", "es256", "RSA-OAEP", ""])
    def test_an_unknown_alg(self, keys, signer, refused, alg):
        with refused("alg-unknown"):
            jws.verify(forge(signer, {"alg": alg, "kid": signer.public_key.kid}), keys)

    def test_the_wrong_alg(self, keys, signer, refused):
        with refused("alg-mismatch"):
            jws.verify(forge(signer, {"alg": "ES384", "kid": signer.public_key.kid}), keys)

    def test_truncated(self, keys, token):
        for length in range(len(token)):
            with pytest.raises(VerificationError):
                jws.verify(token[:length], keys)

    @pytest.mark.parametrize("space", [" ", "\n", "\t", "\r\n", "\0", "\u00a0"])
    def test_with_whitespace(self, keys, token, space):
        for place in (0, token.index("."), token.rindex(".") + 1, len(token)):
            with pytest.raises(VerificationError) as caught:
                jws.verify(token[:place] + space + token[place:], keys)
            assert caught.value.code in {"bad-base64url", "malformed"}

    def test_with_padding(self, keys, token, refused):
        for changed in (token + "=", token + "==", token.replace(".", "=.", 1)):
            with refused("bad-base64url"):
                jws.verify(changed, keys)

    def test_duplicate_header_members(self, keys, signer, refused):
        kid = signer.public_key.kid
        with refused("duplicate-member"):
            jws.verify(forge(signer, f'{{"alg":"none","alg":"ES256","kid":"{kid}"}}'.encode()), keys)

    def test_an_unknown_crit(self, keys, signer, refused):
        header = {"alg": "ES256", "kid": signer.public_key.kid, "crit": ["x"], "x": 1}
        with refused("crit-unknown"):
            jws.verify(forge(signer, header), keys)

    def test_a_der_signature_in_an_ecdsa_token(self, keys, signer, kmsjose_client, refused):
        message = f"{encode({'alg': 'ES256', 'kid': signer.public_key.kid})}.{encode(b'payload')}"
        answer = kmsjose_client.sign(
            KeyId=signer.key_arn, Message=message.encode(), MessageType="RAW", SigningAlgorithm="ECDSA_SHA_256"
        )
        with refused("signature-size"):
            jws.verify(f"{message}.{encode(answer['Signature'])}", keys)

    def test_an_embedded_jwk(self, keys, signers, refused):
        attacker = signers["ES256"]
        header = {"alg": "ES256", "kid": "attacker", "jwk": attacker.public_key.to_jwk()}
        with refused("key-not-found"):
            jws.verify(forge(attacker, header), keys)
        with refused("signature-invalid"):
            jws.verify(forge(attacker, {**header, "kid": keys.keys[0].kid}), keys)

    @pytest.mark.parametrize("secret", ["pem", "der", "jwk"])
    def test_an_hmac_token_keyed_by_the_public_key(self, keys, signer, refused, secret):
        key: PublicKey = signer.public_key
        secrets = {"pem": key.to_pem().encode(), "der": key.spki, "jwk": json.dumps(key.to_jwk()).encode()}
        message = f"{encode({'alg': 'HS256', 'kid': key.kid})}.{encode(b'payload')}"
        mac = hmac.digest(secrets[secret], message.encode(), "sha256")
        with refused("alg-unknown"):
            jws.verify(f"{message}.{encode(mac)}", keys)

    def test_a_token_of_another_type(self, signer, keys, refused):
        token = jwt.sign({}, signer, lifetime=timedelta(minutes=1), typ="at+jwt")
        with refused("typ-mismatch"):
            jwt.verify(token, keys)
