"""A Signer with a certificate chain: the chain is checked, and every token carries it."""

from __future__ import annotations

from base64 import b64decode
from dataclasses import replace
from datetime import timedelta

import pytest

from kmsjose import Chain, Failover, KeySet, LocalSigner, cose, cwt, jws, jwt, vc, with_chain
from kmsjose.errors import InputError
from kmsjose.keys import PublicKey, check_haip
from kmsjose.signers import Signer
from tests.contracts.signer import SignerContract
from tests.pki import NOW, Entity

CREDENTIAL = {
    "@context": ["https://www.w3.org/ns/credentials/v2"],
    "type": ["VerifiableCredential"],
    "issuer": "https://university.example",
    "credentialSubject": {"name": "Alice"},
}


@pytest.fixture(scope="module")
def root():
    return Entity("root")


@pytest.fixture(scope="module")
def middle():
    return Entity("middle")


@pytest.fixture(scope="module")
def chain_of(root, middle):
    """A chain of two for a signer."""

    def make(signer) -> Chain:
        leaf = Entity("leaf", signer._private_key)
        return Chain((middle.certify(leaf), root.certify(middle, ca=True)))

    return make


@pytest.fixture(scope="module")
def plain(signers) -> LocalSigner:
    return signers["ES256"]


@pytest.fixture(scope="module")
def chained(plain, chain_of):
    return with_chain(plain, chain_of(plain), profile=check_haip, now=NOW)


class TestContract(SignerContract):
    @pytest.fixture
    def signer(self, row, signers, chain_of):
        return with_chain(signers[row.name], chain_of(signers[row.name]), now=NOW)


class TestAttaching:
    def test_the_key_and_its_kid_stay_what_they_were(self, plain, chained):
        assert isinstance(chained, Signer)
        assert chained.public_key.kid == plain.public_key.kid
        assert chained.public_key.spki == plain.public_key.spki
        assert chained.public_key.algorithm is plain.public_key.algorithm
        assert len(chained.public_key.x5c) == 2
        assert plain.public_key.x5c == ()

    def test_a_kid_of_ones_own_stays(self, private_keys, chain_of):
        signer = LocalSigner(private_keys["ES256"], kid="did:web:issuer.example#1")
        assert with_chain(signer, chain_of(signer), now=NOW).public_key.kid == "did:web:issuer.example#1"

    def test_a_source_has_no_chain_but_its_signer_has(self, plain, chain_of, refused):
        failover = Failover([plain])
        for given in (failover, plain.public_key):
            with refused("usage", InputError) as caught:
                with_chain(given, chain_of(plain), now=NOW)
            assert "the one that current() gives" in caught.value.message
        assert with_chain(failover.current(), chain_of(plain), now=NOW).public_key.kid == plain.public_key.kid

    def test_a_chain_of_another_key_is_refused(self, signers, chain_of, refused):
        with refused("chain-invalid", InputError):
            with_chain(signers["ES384"], chain_of(signers["ES256"]), now=NOW)

    def test_a_chain_that_has_ended_is_refused(self, plain, chain_of, refused):
        with refused("certificate-expired", InputError):
            with_chain(plain, chain_of(plain), now=NOW + timedelta(days=2))
        with refused("certificate-not-yet-valid", InputError):
            with_chain(plain, chain_of(plain), now=NOW - timedelta(days=2))

    def test_what_its_profile_refuses_is_refused(self, plain, refused):
        leaf = Entity("leaf", plain._private_key)
        alone = Chain((leaf.certify(leaf),))
        assert len(with_chain(plain, alone, now=NOW).public_key.x5c) == 1
        with refused("chain-invalid", InputError):
            with_chain(plain, alone, profile=check_haip, now=NOW)

    def test_its_repr_shows_no_certificate(self, chained):
        assert repr(chained).endswith(", with 2 certificates>")


class TestTokens:
    """Each is verified by a key set that knows nothing of the chain."""

    @pytest.fixture
    def keys(self, plain):
        return KeySet([plain.public_key])

    def test_a_jws_carries_it_in_base64_der(self, chained, keys):
        header = jws.verify(jws.sign(b"payload", chained), keys).header
        assert [b64decode(one, validate=True) for one in header["x5c"]] == list(chained.public_key.x5c)
        assert header["kid"] == chained.public_key.kid

    def test_so_do_jwt_and_credential(self, chained, keys):
        token = jwt.sign({}, chained, lifetime=timedelta(minutes=5))
        assert len(jwt.verify(token, keys).header["x5c"]) == 2
        assert len(vc.verify(vc.issue(CREDENTIAL, chained), keys).header["x5c"]) == 2

    def test_so_does_each_signature_of_a_general_jws(self, chained, signers, trusted):
        message = jws.sign_json(b"payload", [chained, signers["EdDSA"]])
        first, second = (verdict.header for verdict in jws.verify_json(message, trusted).verdicts)
        assert len(first["x5c"]) == 2
        assert "x5c" not in second

    def test_a_request_that_is_signed_elsewhere_has_it_too(self, chained, plain, keys):
        request = jws.prepare(b"payload", chained.public_key)
        token = request.finish(plain.sign(request.signing_input.message))
        assert len(jws.verify(token, keys).header["x5c"]) == 2

    def test_a_cose_message_carries_it_protected(self, chained, keys):
        verified = cose.verify1(cose.sign1(b"payload", chained), keys)
        assert verified.protected[cose.Label.X5CHAIN] == list(chained.public_key.x5c)
        assert verified.unprotected == {}

    def test_a_chain_of_one_is_no_array_in_cose(self, plain, middle, keys):
        one = with_chain(plain, Chain((middle.certify(Entity("leaf", plain._private_key)),)), now=NOW)
        verified = cose.verify1(cose.sign1(b"payload", one), keys)
        assert verified.protected[cose.Label.X5CHAIN] == one.public_key.x5c[0]

    def test_so_do_cwt_and_cose_sign(self, chained, keys):
        token = cwt.sign({}, chained, lifetime=timedelta(minutes=5))
        assert len(cwt.verify(token, keys).protected[cose.Label.X5CHAIN]) == 2
        (verdict,) = cose.verify(cose.sign(b"payload", [chained]), keys).verdicts
        assert len(verdict.protected[cose.Label.X5CHAIN]) == 2

    def test_a_caller_places_it_otherwise_or_leaves_it_out(self, chained, keys):
        mine = jws.verify(jws.sign(b"p", chained, header={"x5c": ["AAAA"]}), keys).header
        assert mine["x5c"] == ["AAAA"]
        assert "x5c" not in jws.verify(jws.sign(b"p", chained, header={"x5c": None}), keys).header

        unprotected = {cose.Label.X5CHAIN: list(chained.public_key.x5c)}
        outside = cose.verify1(cose.sign1(b"p", chained, unprotected=unprotected), keys)
        assert cose.Label.X5CHAIN not in outside.protected
        assert outside.unprotected == unprotected
        without = cose.verify1(cose.sign1(b"p", chained, protected={cose.Label.X5CHAIN: None}), keys)
        assert cose.Label.X5CHAIN not in without.protected

    def test_the_thumbprint_is_added_where_it_is_asked_for(self, chained, keys):
        header = jws.verify(jws.sign(b"p", chained, header=jws.certificate_header(chained.public_key)), keys).header
        assert {"x5c", "x5t#S256"} <= header.keys()
        message = cose.sign1(b"p", chained, protected=cose.certificate_header(chained.public_key))
        assert {cose.Label.X5CHAIN, cose.Label.X5T} <= cose.verify1(message, keys).protected.keys()

    def test_the_header_of_one_chain_is_never_that_of_another(self, plain, middle, chained, keys):
        renewed = with_chain(plain, Chain((middle.certify(Entity("leaf", plain._private_key)),)), now=NOW)
        lengths = [len(jws.verify(jws.sign(b"p", s), keys).header.get("x5c", ())) for s in (chained, renewed, plain)]
        assert lengths == [2, 1, 0]

    @pytest.mark.parametrize("read", ["pem", "jwk", "chain"])
    def test_a_chain_that_was_read_and_never_attached_is_not_carried(self, plain, chain_of, chained, keys, read):
        """Nobody has checked it; the tokens of an equal key that was checked come first, and are kept."""
        chain = chain_of(plain)
        checked = with_chain(plain, chain, now=NOW).public_key
        jws.prepare(b"payload", checked)
        cose.prepare1(b"payload", checked)
        key = {
            "pem": lambda: PublicKey.from_pem(chain.to_pem()),
            "jwk": lambda: PublicKey.from_jwk(checked.to_jwk()),
            "chain": chain.public_key,
        }[read]()
        assert key.x5c == checked.x5c
        request = jws.prepare(b"payload", key)
        assert "x5c" not in jws.verify(request.finish(plain.sign(request.signing_input.message)), keys).header
        message = cose.prepare1(b"payload", key)
        verified = cose.verify1(message.finish(plain.sign(message.signing_input.message)), keys)
        assert cose.Label.X5CHAIN not in verified.protected

    def test_what_reads_the_chain_finds_the_key(self, chained, keys):
        header = jws.verify(jws.sign(b"p", chained), keys).header
        key = Chain.from_der([b64decode(one) for one in header["x5c"]]).public_key(kid=header["kid"])
        assert key == replace(chained.public_key, chained=False)
        assert PublicKey.from_jwk(key.to_jwk()) == key
