"""What is of a wrong type at a public call is `usage`, and says what is meant."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, BinaryIO, Literal

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from kmsjose import InputError, KeySet, LocalSigner, cose, cwt, jws, jwt, vc
from kmsjose.arguments import checked

if TYPE_CHECKING:
    Unknown = int


@checked
def fail(
    *,
    number: int | None = None,
    text: str = "",
    names: Collection[str] = (),
    labels: Collection[int | str] = (),
    pairs: Mapping[str, object] | None = None,
    files: Mapping[str, bytes] | None = None,
    order: Literal["up", "down"] = "up",
    file: BinaryIO | None = None,
    call: Callable[[], None] | None = None,
    pair: tuple[int, str] = (1, ""),
    known: Unknown = 1,
    error: Exception | None = None,
) -> None:
    raise TypeError("no error of ours") if error is None else error


class TestChecked:
    @pytest.mark.parametrize(
        "name, value, meant",
        [
            ("number", "5", "int or None, not str"),
            ("text", None, "str, not None"),
            ("text", int, "str, not a class"),
            ("names", 5, "Collection[str], not int"),
            ("names", [5], "Collection[str], not list"),
            ("names", b"5", "Collection[str], not bytes"),
            ("labels", b"5", "Collection[int or str], not bytes"),
            ("pairs", {5: 5}, "Mapping[str, object] or None, not dict"),
            ("files", {"a": "text"}, "Mapping[str, bytes] or None, not dict"),
            ("order", "sideways", "Literal['up', 'down'], not str"),
            ("file", "name", "BinaryIO or None, not str"),
            ("call", 5, "Callable[[], None] or None, not int"),
            ("pair", [1, ""], "tuple[int, str], not list"),
        ],
    )
    def test_the_argument_and_its_type_are_named(self, name, value, meant, refused):
        with refused("usage", InputError) as caught:
            fail(**{name: value})
        assert f"{name} of " in caught.value.message
        assert meant in caught.value.message
        assert isinstance(caught.value.__cause__, TypeError)

    @pytest.mark.parametrize("arguments", [{}, {"number": 5, "names": ["a"]}, {"known": "not known at run time"}])
    def test_an_exception_that_comes_of_no_argument_stays_as_it_is(self, arguments):
        with pytest.raises(TypeError, match="no error of ours"):
            fail(**arguments)

    def test_a_call_with_other_parameters_is_answered_by_python_itself(self):
        with pytest.raises(TypeError, match="unexpected keyword"):
            fail(unknown=5)

    def test_a_number_that_is_too_large_is_named_as_such(self, refused):
        with refused("usage", InputError) as caught:
            fail(error=OverflowError("C int"))
        assert "too large" in caught.value.message

    def test_an_exception_of_another_kind_passes(self):
        with pytest.raises(RuntimeError):
            fail(text=None, error=RuntimeError())


@pytest.fixture(scope="module")
def signer(signers):
    return signers["ES256"]


@pytest.fixture(scope="module")
def token(signer):
    return jwt.sign({"sub": "a"}, signer)


class TestWhatIsMeant:
    """The refusal names the call or the type that was looked for."""

    @pytest.mark.parametrize(
        "sign, told",
        [
            (lambda s: cose.sign(b"x", s), "`cose.sign1`"),
            (lambda s: jws.sign_json(b"x", s), "`jws.sign`"),
            (lambda s: cose.sign1(b"x", [s]), "`cose.sign`"),
            (lambda s: jws.sign(b"x", [s]), "`jws.sign_json`"),
            (lambda s: jwt.sign({}, None), "Signer or SignerSource, not None"),
            (lambda s: jwt.sign({}, s.public_key), "give its Signer"),
            (lambda s: jwt.sign({}, "alias/issuer"), "KMSSigner.open"),
            (lambda s: jwt.sign({}, ec.generate_private_key(ec.SECP256R1())), "LocalSigner(key)"),
            (lambda s: jwt.prepare({}, s), "its public_key"),
            (lambda s: jwt.sign({}, s, now=5), "tzinfo=UTC"),
        ],
        ids=range(10),
    )
    def test_signing(self, signer, sign, told, refused):
        with refused("usage", InputError) as caught:
            sign(signer)
        assert told in caught.value.message

    @pytest.mark.parametrize(
        "keys, told",
        [
            (lambda s: [s.public_key], "KeySet(keys)"),
            (lambda s: {"keys": []}, "KeySet.from_jwks"),
            (lambda s: "-----BEGIN PUBLIC KEY-----", "PublicKey.from_pem"),
            (lambda s: s, "its public_key"),
            (lambda s: None, "not None"),
        ],
        ids=["list", "JWKS", "text", "Signer", "None"],
    )
    @pytest.mark.parametrize("verify", [jwt.verify, jws.verify, vc.verify, vc.verify_presentation])
    def test_keys(self, token, signer, verify, keys, told, refused):
        with refused("usage", InputError) as caught:
            verify(token, keys(signer))
        assert told in caught.value.message

    @pytest.mark.parametrize(
        "arguments", [{"issuer": 5}, {"audience": 5}, {"require": 5}, {"max_size": "1"}, {"algorithms": 5}]
    )
    def test_what_a_token_is_compared_with(self, signer, arguments, refused):
        token = jwt.sign({"iss": "i", "aud": "a"}, signer, lifetime=timedelta(minutes=1))
        with refused("usage", InputError) as caught:
            jwt.verify(token, signer.public_key, **{"audience": "a", **arguments})
        assert f"{next(iter(arguments))} of jwt.verify" in caught.value.message

    @pytest.mark.parametrize("verify", [jwt.verify, jws.verify, jws.verify_json, vc.verify, cwt.verify, cose.verify1])
    def test_what_a_call_within_refused_is_named_by_the_call_that_is_meant(self, signer, verify, refused):
        of_jose = jws.sign_json(b"x", [signer]) if verify is jws.verify_json else jws.sign(b"x", signer)
        token = cose.sign1(b"x", signer) if "cose" in verify.__module__ else of_jose
        with refused("usage", InputError) as caught:
            verify(token, signer.public_key, algorithms=5)
        assert "algorithms of " in caught.value.message

    @pytest.mark.parametrize(
        "given", [None, 5, "alias/issuer", object(), LocalSigner], ids=["None", "number", "text", "object", "class"]
    )
    @pytest.mark.parametrize("call", [jws.sign_json, jws.prepare_json, cose.sign, cose.prepare])
    def test_who_signs_with_headers_of_his_own(self, call, given, refused):
        record = jws.SignAs if call in (jws.sign_json, jws.prepare_json) else cose.SignAs
        with refused("usage", InputError) as caught:
            call(b"x", [record(given)])
        assert "signer of SignAs must be Signer or SignerSource or PublicKey, not " in caught.value.message

    @pytest.mark.parametrize("member", ["header", "unprotected"])
    @pytest.mark.parametrize("given", [None, 5, [1]], ids=repr)
    def test_headers_of_one_who_signs(self, signer, member, given, refused):
        with refused("usage", InputError) as caught:
            jws.sign_json(b"x", [jws.SignAs(signer, **{member: given})])
        assert f"{member} of SignAs must be Mapping[str, object], not " in caught.value.message

    def test_a_class_is_none_of_its_objects(self, refused):
        with refused("usage", InputError) as caught:
            jwt.sign({}, LocalSigner)
        assert "not a class" in caught.value.message

    @pytest.mark.parametrize("sign", [jws.sign_json, cose.sign])
    def test_signers_are_counted_before_any_is_asked_for(self, signer, sign, refused):
        """Chosen one after another, they might never end."""

        def endless():
            while True:
                yield signer

        with refused("usage", InputError) as caught:
            sign(b"x", endless())
        assert "not generator" in caught.value.message

    def test_a_key_where_a_set_is_made(self, signer, refused):
        with refused("usage", InputError) as caught:
            KeySet(signer.public_key)
        assert "KeySet([key])" in caught.value.message


class TestOneKey:
    """A single PublicKey stands wherever a KeySet does."""

    def test_it_is_found_by_its_kid_or_without_one(self, signer):
        key = signer.public_key
        assert key.find(key.kid, key.algorithm) is key
        assert key.find(None, key.algorithm) is key

    @pytest.mark.parametrize("kid, alg, code", [("other", "ES256", "key-not-found"), (None, "ES384", "alg-mismatch")])
    def test_it_is_found_for_nothing_else(self, signer, signers, kid, alg, code, refused):
        with refused(code):
            signer.public_key.find(kid, signers[alg].public_key.algorithm)

    def test_it_verifies_a_credential(self, signer):
        document = {
            "@context": ["https://www.w3.org/ns/credentials/v2"],
            "type": ["VerifiableCredential"],
            "issuer": "https://issuer.example",
            "credentialSubject": {"id": "https://subject.example"},
        }
        assert vc.verify(vc.issue(document, signer), signer.public_key).document == document
