"""COSE_Key in and out, strictly, and its thumbprint."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed448
from hypothesis import given
from hypothesis import strategies as st

from kmsjose.algorithms import TABLE, Family
from kmsjose.cbor import cbor_map, dumps, loads
from kmsjose.errors import InputError
from kmsjose.keys import KeySet, PublicKey
from kmsjose.keys.kids import kid_of_text, text_of_kid

ECDSA = [row.name for row in TABLE if row.family is Family.ECDSA]
#: RFC 9052 appendix C.7.1, whose thumbprint RFC 9679 section 6 gives.
RFC_9679_KEY = {
    1: 2,
    2: b"meriadoc.brandybuck@buckland.example",
    -1: 1,
    -2: bytes.fromhex("65eda5a12577c2bae829437fe338701a10aaa375e1bb5b5de108de439c08551d"),
    -3: bytes.fromhex("1e52ed75701163f7f9e40ddf9f341b3dc9ba860af7e0ca7ca7e9eecd0084d19c"),
}
RFC_9679_THUMBPRINT = "496bd8afadf307e5b08c64b0421bf9dc01528a344a43bda88fadd1669da253ec"


@pytest.fixture
def key(signers):
    """A COSE_Key of ES256 as a map, to be spoilt."""
    return cbor_map(signers["ES256"].public_key.to_cose_key())


class TestRoundTrip:
    def test_every_algorithms_key_comes_back_equal(self, signer):
        key = signer.public_key
        assert PublicKey.from_cose_key(key.to_cose_key()) == key
        assert PublicKey.from_cose_key(cbor_map(key.to_cose_key())) == key

    def test_a_jwk_becomes_a_cose_key_and_a_jwk_again_with_nothing_lost(self, signer):
        jwk = signer.public_key.to_jwk()
        assert PublicKey.from_cose_key(PublicKey.from_jwk(jwk).to_cose_key()).to_jwk() == jwk

    def test_a_cose_key_becomes_a_jwk_and_a_cose_key_again_with_nothing_lost(self, signer):
        data = signer.public_key.to_cose_key()
        assert PublicKey.from_jwk(PublicKey.from_cose_key(data).to_jwk()).to_cose_key() == data

    def test_it_names_its_kid_alg_and_use_by_labels(self, signer):
        row = signer.public_key.algorithm
        key = cbor_map(signer.public_key.to_cose_key())
        assert (key[1], key[2], key[3]) == (row.cose_kty, signer.public_key.kid.encode(), row.cose)
        assert key[4] == [2]
        assert row.cose_crv is None or key[-1] == row.cose_crv

    def test_the_fully_specified_number_is_written_on_request_and_read(self, signer):
        row = signer.public_key.algorithm
        data = signer.public_key.to_cose_key(fully_specified=True)
        assert cbor_map(data)[3] == (row.cose_fully_specified or row.cose)
        assert PublicKey.from_cose_key(data) == signer.public_key

    @pytest.mark.parametrize("alg", ECDSA)
    def test_coordinates_have_the_width_of_their_curve(self, alg, signers):
        row = signers[alg].public_key.algorithm
        scalar = next(
            number
            for number in range(1, 4000)
            if ec.derive_private_key(number, row.curve).public_key().public_numbers().x >> 8 * (row.coordinate_size - 1)
            == 0
        )
        key = PublicKey.of(ec.derive_private_key(scalar, row.curve).public_key())
        members = cbor_map(key.to_cose_key())
        assert members[-2][0] == 0
        assert len(members[-2]) == len(members[-3]) == row.coordinate_size
        assert PublicKey.from_cose_key(members) == key

    @pytest.mark.parametrize("alg", ECDSA)
    def test_a_compressed_point_is_the_same_key(self, alg, signers):
        curve, signs = signers[alg].public_key.algorithm.curve, set()
        for number in range(1, 20):
            key = PublicKey.of(ec.derive_private_key(number, curve).public_key())
            members = cbor_map(key.to_cose_key())
            members[-3] = bool(members[-3][-1] & 1)
            assert PublicKey.from_cose_key(members) == key
            signs.add(members[-3])
        assert signs == {True, False}

    def test_a_key_without_kid_has_its_jwk_thumbprint(self, key, signers):
        del key[2]
        assert PublicKey.from_cose_key(key) == signers["ES256"].public_key

    @given(st.binary(min_size=1, max_size=8))
    def test_a_kid_of_any_bytes_is_kept(self, kid):
        assert kid_of_text(text_of_kid(kid)) == kid
        key = PublicKey.from_cose_key({**RFC_9679_KEY, 2: kid})
        assert cbor_map(key.to_cose_key())[2] == kid

    def test_a_kid_that_is_no_text_has_no_jwk(self, refused):
        key = PublicKey.from_cose_key({**RFC_9679_KEY, 2: b"\xff"})
        with refused("key-invalid", InputError):
            key.to_jwk()
        with refused("key-invalid", InputError):
            kid_of_text("\ud800")

    def test_an_rsa_key_without_alg_takes_the_one_that_is_named(self, signers, refused):
        members = cbor_map(signers["PS256"].public_key.to_cose_key())
        del members[3]
        assert PublicKey.from_cose_key(members, "PS256") == signers["PS256"].public_key
        with refused("alg-required", InputError):
            PublicKey.from_cose_key(members)
        with refused("alg-unsupported-by-key", InputError):
            PublicKey.from_cose_key(members, "ES256")

    def test_a_key_that_names_its_alg_has_no_other(self, key, refused):
        with refused("alg-unsupported-by-key", InputError):
            PublicKey.from_cose_key(key, "ES384")


class TestThumbprint:
    def test_that_of_rfc_9679(self):
        assert PublicKey.from_cose_key(RFC_9679_KEY).cose_thumbprint().hex() == RFC_9679_THUMBPRINT

    def test_it_is_of_the_material_alone(self, signer):
        key = signer.public_key
        other = PublicKey.of(key.material, key.algorithm.name, "another kid")
        assert other.cose_thumbprint() == key.cose_thumbprint()
        assert len(key.cose_thumbprint()) == 32

    def test_the_rsa_algorithms_of_one_key_share_it_and_the_ml_dsa_sets_do_not(self, signers):
        assert signers["PS256"].public_key.cose_thumbprint() == signers["RS512"].public_key.cose_thumbprint()
        assert len({signers[f"ML-DSA-{size}"].public_key.cose_thumbprint() for size in (44, 65, 87)}) == 3


class TestRefusals:
    @pytest.mark.parametrize("alg, label", [
        ("ES256", -4), ("EdDSA", -4), ("PS256", -3), ("PS256", -12), ("ML-DSA-44", -2),
    ])  # fmt: skip
    def test_a_private_key_is_no_public_one(self, signers, refused, alg, label):
        with refused("key-private", InputError):
            PublicKey.from_cose_key({**cbor_map(signers[alg].public_key.to_cose_key()), label: b"\x01"})

    def test_of_several_private_parameters_the_exponent_is_told(self, signers, refused):
        members = cbor_map(signers["PS256"].public_key.to_cose_key())
        with refused("key-private", InputError) as caught:
            PublicKey.from_cose_key({**members, **dict.fromkeys(range(-12, -2), b"\x01")})
        assert "private parameter -3" in caught.value.message

    def test_a_symmetric_key_is_private(self, refused):
        with refused("key-private", InputError):
            PublicKey.from_cose_key({1: 4, -1: bytes(32)})

    @pytest.mark.parametrize("changes", [
        {1: 1}, {1: 99}, {1: []}, {1: "EC2"}, {1: True}, {1: 2.0}, {1: None},
        {-1: 2}, {-1: 8}, {-1: 99}, {-1: True}, {-1: 1.0}, {-1: {}},
        {3: -35}, {3: -8}, {3: -99}, {3: "ES256"}, {3: 5}, {3: True}, {3: []},
        {4: [1]}, {4: [2.0]}, {4: []}, {4: 2}, {4: "verify"},
        {2: "text"}, {2: 7},
        {-2: bytes(31)}, {-2: bytes(33)}, {-2: "x"}, {-2: bytes(32)}, {-2: b"\xff" * 32},
        {-3: bytes(31)}, {-3: 7}, {-3: bytes(32)},
    ])  # fmt: skip
    def test_what_is_wrong_in_an_ec2_key(self, key, refused, changes):
        with refused("key-invalid", InputError):
            PublicKey.from_cose_key({label: value for label, value in {**key, **changes}.items() if value is not None})

    @pytest.mark.parametrize("alg, changes", [
        ("EdDSA", {-1: 7, -2: bytes(57)}), ("EdDSA", {-2: bytes(31)}), ("EdDSA", {-2: None}), ("EdDSA", {-1: 4}),
        ("PS256", {-1: b""}), ("PS256", {-1: bytes(256)}), ("PS256", {-2: b""}), ("PS256", {-2: bytes(3)}),
        ("PS256", {-2: 65537}), ("PS256", {-2: [1, 0, 1]}), ("PS256", {-2: b"\x02"}), ("PS256", {-1: b"\xc1" * 128}),
        ("ML-DSA-44", {3: None}), ("ML-DSA-44", {3: -49}), ("ML-DSA-44", {-1: bytes(7)}), ("ML-DSA-44", {-1: None}),
    ])  # fmt: skip
    def test_what_is_wrong_in_another_key(self, signers, refused, alg, changes):
        members = {**cbor_map(signers[alg].public_key.to_cose_key()), **changes}
        with refused("key-invalid", InputError):
            PublicKey.from_cose_key({label: value for label, value in members.items() if value is not None})

    def test_a_point_off_its_curve_is_told_as_no_key(self, key, refused):
        with refused("key-invalid", InputError) as caught:
            PublicKey.from_cose_key({**key, -3: bytes(32)})
        assert "not a public key of ES256" in caught.value.message

    @pytest.mark.parametrize("label", [-2, -3])
    def test_a_coordinate_that_is_no_byte_string_is_told_as_such(self, key, refused, label):
        with refused("key-invalid", InputError) as caught:
            PublicKey.from_cose_key({**key, label: "x" * 32})
        assert f"parameter {label} is not a byte string" in caught.value.message

    @pytest.mark.parametrize("alg, label, size", [("ES256", -2, 32), ("ES512", -3, 66), ("EdDSA", -2, 32)])
    def test_a_coordinate_of_another_size_is_told_which_it_must_have(self, signers, refused, alg, label, size):
        members = cbor_map(signers[alg].public_key.to_cose_key())
        for other in (members[label][1:], b"\0" + members[label]):
            with refused("key-invalid", InputError) as caught:
                PublicKey.from_cose_key({**members, label: other})
            assert f"parameter {label} must have {size} bytes" in caught.value.message

    @pytest.mark.parametrize(
        "data", [b"", b"\x80", b"\xa1\x01", b"\xa2\x01\x02\x01\x02", b"\xbf\xff", b"{}", "text", None, 7, -1, [300]]
    )
    def test_what_is_no_cose_key(self, refused, data):
        with refused("key-invalid", InputError):
            PublicKey.from_cose_key(data)

    @given(st.binary(max_size=60))
    def test_any_bytes_raise_our_error_alone(self, data):
        with pytest.raises(InputError):
            PublicKey.from_cose_key(b"\xa3\x01\x02\x20\x01\x21" + data)

    def test_ed448_is_not_known(self, refused):
        raw = ed448.Ed448PrivateKey.generate().public_key().public_bytes_raw()
        with refused("key-invalid", InputError):
            PublicKey.from_cose_key({1: 1, -1: 7, -2: raw, 3: -8})


class TestKeySet:
    def test_every_key_comes_back(self, published):
        assert KeySet.from_cose_keyset(published.to_cose_keyset()) == published
        assert KeySet.from_cose_keyset(published.to_cose_keyset(fully_specified=True)) == published

    def test_its_numbers_are_fully_specified_on_request_alone(self, trusted):
        keys = KeySet(key for key in trusted if key.algorithm.name in {"ES256", "EdDSA"})
        assert [key[3] for key in loads(keys.to_cose_keyset())] == [-7, -8]
        assert [key[3] for key in loads(keys.to_cose_keyset(fully_specified=True))] == [-9, -19]

    def test_what_is_not_understood_is_skipped_with_its_reason(self, signers, key):
        modulus = loads(signers["PS256"].public_key.to_cose_key())[-1]
        entries = [key, {1: 99, 2: b"future"}, 7, {1: 3, -1: modulus, -2: b"\x01\x00\x01", 2: b"\xff"}]
        keys = KeySet.from_cose_keyset(dumps(entries))
        assert keys.keys == (signers["ES256"].public_key,)
        assert [(entry.index, entry.kid) for entry in keys.skipped] == [(1, "future"), (2, None), (3, "\udcff")]
        assert "names no alg" in keys.skipped[2].reason
        assert len(KeySet.from_cose_keyset(dumps(entries), ["PS256", "RS256"])) == 3

    def test_a_private_key_in_it_is_refused(self, key, refused):
        with refused("key-private", InputError):
            KeySet.from_cose_keyset(dumps([key, {**key, -4: bytes(32)}]))

    def test_two_materials_under_one_kid_are_refused(self, key, refused):
        other = PublicKey.of(ec.generate_private_key(ec.SECP256R1()).public_key(), kid="same")
        with refused("key-conflict", InputError):
            KeySet.from_cose_keyset(dumps([{**key, 2: b"same"}, loads(other.to_cose_key())]))

    @pytest.mark.parametrize("data", [b"", b"\x80", b"\xa0", b"\x81", b"\x9f\xff", "text", None])
    def test_what_is_no_keyset(self, refused, data):
        with refused("key-invalid", InputError):
            KeySet.from_cose_keyset(data)

    def test_a_keyset_without_a_key_is_none(self, refused):
        with refused("usage", InputError):
            KeySet([]).to_cose_keyset()
