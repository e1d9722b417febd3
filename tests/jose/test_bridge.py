"""Our Signers and keys in joserfc."""

from __future__ import annotations

import subprocess
import sys
import textwrap
import warnings

import pytest
from joserfc import jws as joserfc_jws
from joserfc import jwt as joserfc_jwt
from joserfc.errors import BadSignatureError, JoseError, SecurityWarning, UnsupportedKeyOperationError
from joserfc.jwk import KeySet as JoserfcKeySet

from kmsjose.algorithms import BY_NAME, TABLE
from kmsjose.errors import KmsJoseError
from kmsjose.jose import jws, jwt
from kmsjose.jose.bridge import AKPKey, registry, signing_key, verifying_key
from kmsjose.keys import KeySet, PublicKey

NAMES = [row.name for row in TABLE]
pytestmark = pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")


class KMSLike:
    """A Signer that has no private key: it can be asked to sign, and that is all."""

    def __init__(self, signer) -> None:
        self.public_key: PublicKey = signer.public_key
        self.messages: list[bytes] = []
        self._sign = signer.sign

    def sign(self, message: bytes) -> bytes:
        self.messages.append(message)
        return self._sign(message)

    def sign_prehashed(self, prehashed: bytes) -> bytes:
        raise NotImplementedError


@pytest.fixture
def remote(signer):
    return KMSLike(signer)


class TestSigning:
    def test_a_remote_key_signs_what_we_verify(self, remote, trusted):
        row = remote.public_key.algorithm
        for name in row.names:
            header = {"alg": name, "kid": remote.public_key.kid}
            token = joserfc_jws.serialize_compact(header, b"hello", signing_key(remote), registry=registry())
            assert remote.messages == [token.rpartition(".")[0].encode()]
            assert jws.verify(token, trusted).payload == b"hello"
            remote.messages.clear()

    def test_a_remote_key_signs_a_jwt(self, remote, trusted):
        header = {"alg": remote.public_key.algorithm.name, "kid": remote.public_key.kid}
        token = joserfc_jwt.encode(header, {"exp": 4_000_000_000}, signing_key(remote), registry=registry())
        assert jwt.verify(token, trusted).claims == {"exp": 4_000_000_000}

    def test_a_signing_key_shows_nothing_private(self, remote):
        shown = signing_key(remote).as_dict()
        assert shown.keys().isdisjoint({"d", "p", "q", "dp", "dq", "qi", "priv"})
        assert PublicKey.from_jwk({"alg": remote.public_key.algorithm.name, **shown}) == remote.public_key

    def test_it_is_of_its_own_algorithm_alone(self, remote):
        own = remote.public_key.algorithm
        for name in BY_NAME:
            if name not in own.names:
                with pytest.raises(JoseError):
                    joserfc_jws.serialize_compact({"alg": name}, b"x", signing_key(remote), registry=registry())
        assert remote.messages == []


class TestVerifying:
    def test_what_we_sign_is_verified(self, signer):
        key = verifying_key(signer.public_key)
        for fully_specified in (False, True):
            token = jws.sign(b"hello", signer, fully_specified=fully_specified)
            assert joserfc_jws.deserialize_compact(token, key, registry=registry()).payload == b"hello"

    def test_a_change_is_refused(self, signer, forge):
        row, key = signer.public_key.algorithm, verifying_key(signer.public_key)
        head, _, signature = jws.sign(b"hello", signer).split(".")
        with pytest.raises(BadSignatureError):
            joserfc_jws.deserialize_compact(f"{head}.aGVsbG8x.{signature}", key, registry=registry())
        with pytest.raises(BadSignatureError):
            joserfc_jws.deserialize_compact(f"{head}.aGVsbG8.AA", key, registry=registry())
        assert joserfc_jws.deserialize_compact(forge(signer, {"alg": row.name}), key, registry=registry())

    def test_a_verifying_key_can_not_sign(self, signer):
        key = verifying_key(signer.public_key)
        assert not key.is_private
        assert key.private_key is None
        with pytest.raises(UnsupportedKeyOperationError):
            joserfc_jws.serialize_compact({"alg": signer.public_key.algorithm.name}, b"x", key, registry=registry())

    def test_it_has_our_kid_and_thumbprint(self, signer):
        key = verifying_key(signer.public_key)
        assert key.kid == signer.public_key.kid
        assert key.thumbprint() == signer.public_key.thumbprint()

    def test_a_large_header_and_signature_fit(self, signers):
        token = jws.sign(b"x", signers["ML-DSA-87"], header={"x5c": ["AAAA" * 8000]})
        key = verifying_key(signers["ML-DSA-87"].public_key)
        assert joserfc_jws.deserialize_compact(token, key, registry=registry()).payload == b"x"


class TestAKP:
    def test_a_key_is_found_in_a_key_set_by_its_kid(self, signers):
        keys = JoserfcKeySet([verifying_key(signer.public_key) for signer in signers.values()])
        for name in ("ML-DSA-44", "ML-DSA-65", "ML-DSA-87"):
            token = jws.sign(b"hello", signers[name])
            assert joserfc_jws.deserialize_compact(token, keys, registry=registry()).payload == b"hello"

    def test_a_key_set_signs_with_it(self, signers, trusted):
        remote = KMSLike(signers["ML-DSA-65"])
        header = {"alg": "ML-DSA-65", "kid": remote.public_key.kid}
        keys = JoserfcKeySet([signing_key(signers["ES256"]), signing_key(remote)])
        token = joserfc_jws.serialize_compact(header, b"hello", keys, registry=registry())
        assert jws.verify(token, trusted).payload == b"hello"
        assert len(remote.messages) == 1

    def test_it_is_a_key_of_its_own_type(self, signers):
        key = verifying_key(signers["ML-DSA-44"].public_key)
        assert isinstance(key, AKPKey)
        assert key.as_dict() == signers["ML-DSA-44"].public_key.to_jwk()
        assert (key.key_type, key.curve_name) == ("AKP", "ML-DSA-44")

    def test_one_parameter_set_is_not_another(self, signers):
        with pytest.raises(JoseError):
            joserfc_jws.serialize_compact(
                {"alg": "ML-DSA-87"}, b"x", signing_key(signers["ML-DSA-44"]), registry=registry()
            )


class TestGeneralJSON:
    def test_three_families_sign_one_payload(self, signers):
        three = [signers[name] for name in ("ES256", "PS256", "ML-DSA-44")]
        members = [{"protected": {"alg": s.public_key.algorithm.name, "kid": s.public_key.kid}} for s in three]
        keys = JoserfcKeySet([signing_key(KMSLike(signer)) for signer in three])
        message = joserfc_jws.serialize_json(members, b"hello", keys, registry=registry())
        assert len(message["signatures"]) == 3
        trusted = KeySet(signer.public_key for signer in three)
        assert jws.verify_json(message, trusted).payload == b"hello"
        for_joserfc = JoserfcKeySet([verifying_key(key) for key in trusted])
        assert joserfc_jws.deserialize_json(message, for_joserfc, registry=registry()).payload == b"hello"

    def test_three_families_of_ours_are_verified(self, signers):
        three = [signers[name] for name in ("ES256", "PS256", "ML-DSA-44")]
        message = jws.sign_json(b"hello", [jws.SignAs(signer) for signer in three])
        keys = JoserfcKeySet([verifying_key(signer.public_key) for signer in three])
        assert joserfc_jws.deserialize_json(message, keys, registry=registry()).payload == b"hello"
        message["signatures"][2]["signature"] = message["signatures"][2]["signature"][:-4] + "AAAA"
        with pytest.raises(BadSignatureError):
            joserfc_jws.deserialize_json(message, keys, registry=registry())


class TestTheRegistry:
    def test_it_knows_our_algorithms_and_no_other(self):
        ours = registry()
        assert ours.algorithms.keys() == BY_NAME.keys()
        assert set(ours.recommended) == set(BY_NAME)
        for name in ("none", "HS256", "Ed448"):
            with pytest.raises(JoseError):
                ours.get_alg(name)

    def test_eddsa_warns_as_everywhere_in_joserfc_and_no_other_does(self, remote):
        row = remote.public_key.algorithm
        for name in row.names:
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                joserfc_jws.serialize_compact({"alg": name}, b"x", signing_key(remote), registry=registry())
            assert [w.category for w in caught] == ([SecurityWarning] if name == "EdDSA" else [])

    def test_joserfcs_global_registry_stays_as_it_was(self):
        """In a process of its own, since here the bridge has long been imported."""
        script = """
            from cryptography.hazmat.primitives.asymmetric import mldsa
            from joserfc import jws
            from joserfc.jwk import JWKRegistry, KeySet
            from joserfc.registry import JWS_HEADER_REGISTRY

            def state():
                return (
                    dict(jws.JWSRegistry.algorithms), list(jws.JWSRegistry.recommended), dict(JWS_HEADER_REGISTRY),
                    dict(vars(jws.default_registry)), jws.JWSRegistry.max_header_length,
                    jws.JWSRegistry.max_payload_length, jws.JWSRegistry.max_signature_length,
                    dict(JWKRegistry.key_types), dict(KeySet.algorithm_keys), KeySet.registry_cls,
                )

            before = state()
            from joserfc.errors import UnsupportedAlgorithmError
            from kmsjose import LocalSigner
            from kmsjose.jose.bridge import registry, signing_key, verifying_key

            signer = LocalSigner(mldsa.MLDSA44PrivateKey.generate())
            token = jws.serialize_compact({"alg": "ML-DSA-44"}, b"x", signing_key(signer), registry=registry())
            jws.deserialize_compact(token, verifying_key(signer.public_key), registry=registry())
            assert state() == before
            try:
                jws.default_registry.get_alg("ML-DSA-44")
            except UnsupportedAlgorithmError:
                print("as it was")
        """
        done = subprocess.run(
            [sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True, check=False
        )
        assert done.stdout == "as it was\n", done.stderr

    def test_an_error_of_a_signer_comes_through_as_it_is(self, signers):
        class Failing(KMSLike):
            def sign(self, message):
                raise KMSDownError

        class KMSDownError(KmsJoseError):
            codes = {"down": "wait"}  # noqa: RUF012 - as in the base class

            def __init__(self) -> None:
                super().__init__("down", "KMS is down")

        for name in NAMES:
            with pytest.raises(KMSDownError):
                joserfc_jws.serialize_compact(
                    {"alg": name}, b"x", signing_key(Failing(signers[name])), registry=registry()
                )
