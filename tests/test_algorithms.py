"""The table, held against the service model of AWS, against joserfc's registry, and against `cryptography` itself."""

from __future__ import annotations

import copy
import pickle

import botocore.session
import pytest
from joserfc.jws import JWSRegistry

from kmsjose.algorithms import BY_NAME, TABLE, Family, by_key_spec, by_name, select
from kmsjose.errors import InputError

#: What botocore knows for signing and the table leaves out, with the reason.
LEFT_OUT_SPECS = {
    "SM2": "China Regions only; it has no JOSE or COSE algorithm",
    "SYMMETRIC_DEFAULT": "encrypts",
    "HMAC_224": "a MAC, and JOSE has no HS224",
    "HMAC_256": "a MAC: its key is no public key",
    "HMAC_384": "a MAC: its key is no public key",
    "HMAC_512": "a MAC: its key is no public key",
    "ML_KEM_512": "agrees on keys",
    "ML_KEM_768": "agrees on keys",
    "ML_KEM_1024": "agrees on keys",
}
LEFT_OUT_SIGNING = {
    "SM2DSA": "has no JOSE or COSE algorithm",
    "ED25519_PH_SHA_512": "Ed25519ph is not EdDSA, and KMS hashes a digest again",
}
#: What joserfc knows for JWS and the table leaves out, with the reason.
LEFT_OUT_JOSERFC = {
    "none": "an unsecured JWS is never accepted",
    "HS256": "a MAC: whoever verifies could sign",
    "HS384": "a MAC: whoever verifies could sign",
    "HS512": "a MAC: whoever verifies could sign",
    "Ed448": "KMS has no such key",
}


@pytest.fixture(scope="module")
def kms_enum():
    model = botocore.session.get_session().get_service_model("kms")
    return lambda shape: set(model.shape_for(shape).enum)


ECDSA = [row for row in TABLE if row.family is Family.ECDSA]
HASHED = [row for row in TABLE if row.hash is not None]
FIXED_SIZE = [row for row in TABLE if row.family in (Family.ED25519, Family.ML_DSA)]


def by_rows(rows):
    return pytest.mark.parametrize("row", rows, ids=lambda row: row.name)


class TestAgainstTheServiceModelOfAWS:
    def test_every_key_spec_is_in_the_table_or_left_out_for_a_reason(self, kms_enum):
        ours = {spec for row in TABLE for spec in row.key_specs}
        # An older model may lack what is left out, but nothing of the table.
        assert ours <= kms_enum("KeySpec") <= ours | LEFT_OUT_SPECS.keys()
        assert ours.isdisjoint(LEFT_OUT_SPECS)

    def test_every_signing_algorithm_is_in_the_table_or_left_out_for_a_reason(self, kms_enum):
        ours = {row.kms_algorithm for row in TABLE}
        assert ours | LEFT_OUT_SIGNING.keys() == kms_enum("SigningAlgorithmSpec")
        assert ours.isdisjoint(LEFT_OUT_SIGNING)

    def test_every_message_type_is_one_of_kms(self, row, kms_enum):
        assert row.message_type in kms_enum("MessageType")

    def test_every_message_type_of_kms_is_used(self, kms_enum):
        assert {row.message_type for row in TABLE} == kms_enum("MessageType")

    def test_what_is_hashed_first_is_sent_as_a_digest_and_never_raw(self, row):
        assert (row.message_type == "DIGEST") == (row.hash is not None)
        assert (row.raw_up_to == 0) == (row.message_type == "DIGEST")

    @by_rows(HASHED)
    def test_the_kms_algorithm_names_the_hash_of_the_row(self, row):
        assert row.kms_algorithm.endswith(f"_SHA_{row.hash.digest_size * 8}")

    def test_a_key_spec_and_a_kms_algorithm_lead_to_one_row(self):
        pairs = [(spec, row.kms_algorithm) for row in TABLE for spec in row.key_specs]
        assert len(set(pairs)) == len(pairs)

    @pytest.mark.parametrize("spec", ["RSA_2048", "RSA_3072", "RSA_4096"])
    def test_an_rsa_key_spec_can_do_six_algorithms(self, spec):
        assert {row.name for row in by_key_spec(spec)} == {"PS256", "PS384", "PS512", "RS256", "RS384", "RS512"}

    @pytest.mark.parametrize(
        "spec, name",
        [
            ("ECC_NIST_P256", "ES256"),
            ("ECC_NIST_P384", "ES384"),
            ("ECC_NIST_P521", "ES512"),
            ("ECC_SECG_P256K1", "ES256K"),
            ("ECC_NIST_EDWARDS25519", "EdDSA"),
            ("ML_DSA_44", "ML-DSA-44"),
            ("ML_DSA_65", "ML-DSA-65"),
            ("ML_DSA_87", "ML-DSA-87"),
        ],
    )
    def test_any_other_signing_key_spec_can_do_one(self, spec, name):
        assert [row.name for row in by_key_spec(spec)] == [name]

    @pytest.mark.parametrize("spec", [*LEFT_OUT_SPECS, "", "NONSENSE"])
    def test_any_other_key_spec_can_do_none(self, spec):
        assert by_key_spec(spec) == ()


class TestAgainstJoserfc:
    @pytest.mark.parametrize("name", JWSRegistry.algorithms)
    def test_each_of_its_algorithms_is_ours_or_left_out_for_a_reason(self, name):
        assert (name in BY_NAME) != (name in LEFT_OUT_JOSERFC)

    def test_it_lacks_ml_dsa_alone(self):
        assert BY_NAME.keys() - JWSRegistry.algorithms.keys() == {"ML-DSA-44", "ML-DSA-65", "ML-DSA-87"}

    @pytest.mark.parametrize("name", [name for name in BY_NAME if name in JWSRegistry.algorithms])
    def test_it_agrees_on_key_type_curve_and_hash(self, name):
        ours, theirs = by_name(name), JWSRegistry.algorithms[name]
        assert theirs.key_type == ours.kty
        hash_alg = getattr(theirs, "hash_alg", None)
        assert (None if hash_alg is None else hash_alg.name) == (None if ours.hash is None else ours.hash.name)
        if name != "EdDSA":  # whose entry says no curve, as Ed448 shares the name
            assert getattr(theirs, "curve", None) == ours.crv

    @pytest.mark.parametrize("name", ["PS256", "PS384", "PS512"])
    def test_it_agrees_on_the_salt(self, name):
        assert JWSRegistry.algorithms[name].padding._salt_length == by_name(name).hash.digest_size


class TestAgainstCryptography:
    def test_a_row_fits_its_own_keys_and_no_other(self, row, private_keys):
        fitting = {other.name for other in TABLE if other.fits(private_keys[row.name].public_key())}
        expected = {other.name for other in TABLE if other.kty == "RSA"} if row.kty == "RSA" else {row.name}
        assert fitting == expected

    def test_a_row_fits_no_private_key(self, row, private_keys):
        assert not row.fits(private_keys[row.name])

    @by_rows(ECDSA)
    def test_coordinates_are_as_wide_as_the_curve(self, row):
        assert row.coordinate_size == (row.curve.key_size + 7) // 8
        assert row.coordinate_size == (row.curve.group_order.bit_length() + 7) // 8
        assert row.signature_size == 2 * row.coordinate_size

    @by_rows(FIXED_SIZE)
    def test_signatures_are_as_long_as_cryptography_makes_them(self, row, private_keys):
        assert len(private_keys[row.name].sign(b"message")) == row.signature_size

    @by_rows(ECDSA)
    def test_an_ecdsa_row_has_the_curve_that_it_names(self, row):
        names = {"P-256": "secp256r1", "P-384": "secp384r1", "P-521": "secp521r1", "secp256k1": "secp256k1"}
        assert row.curve.name == names[row.crv]


class TestIdentifiers:
    @pytest.mark.parametrize(
        "name, numbers",
        [
            ("ES256", (-7, -9)),
            ("ES384", (-35, -51)),
            ("ES512", (-36, -52)),
            ("ES256K", (-47,)),
            ("EdDSA", (-8, -19)),
            ("PS256", (-37,)),
            ("PS384", (-38,)),
            ("PS512", (-39,)),
            ("RS256", (-257,)),
            ("RS384", (-258,)),
            ("RS512", (-259,)),
            ("ML-DSA-44", (-48,)),
            ("ML-DSA-65", (-49,)),
            ("ML-DSA-87", (-50,)),
        ],
    )
    def test_the_cose_numbers_are_those_of_iana(self, name, numbers):
        assert by_name(name).cose_numbers == numbers

    def test_the_table_has_these_fourteen_rows_and_no_more(self):
        assert len(TABLE) == 14

    def test_no_name_and_no_number_stands_twice(self):
        names = [name for row in TABLE for name in row.names]
        numbers = [number for row in TABLE for number in row.cose_numbers]
        assert len(set(names)) == len(names)
        assert len(set(numbers)) == len(numbers)

    def test_both_names_of_ed25519_are_one_row(self):
        assert by_name("Ed25519") is by_name("EdDSA")
        assert by_name("EdDSA").names == ("EdDSA", "Ed25519")

    @pytest.mark.parametrize(
        "name", ["none", "None", "HS256", "es256", "ES256 ", "", "ESP256", "Ed448", "ML-DSA-44 ", None, 7, [], {}]
    )
    def test_an_unknown_name_is_refused(self, name, refused):
        with refused("alg-unknown", InputError):
            by_name(name)

    def test_selection_keeps_the_order_of_the_table(self):
        assert select(lambda _row: True) == TABLE


class TestRows:
    def test_a_row_stays_itself_through_pickle_and_copy(self, row):
        assert pickle.loads(pickle.dumps(row)) is row
        assert copy.deepcopy(row) is row

    def test_only_secp256k1_signs_low_s(self):
        assert [row.name for row in TABLE if row.low_s] == ["ES256K"]

    def test_only_ecdsa_rsa_and_okp_are_of_a_standing_under_fips(self, row):
        assert (row.fips.name == "APPROVED") == (row.kty in ("EC", "RSA") and row.crv != "secp256k1")

    def test_a_row_cannot_be_changed(self, row):
        with pytest.raises(AttributeError):
            row.name = "other"
