"""Wycheproof's ECDSA (r‖s) and Ed25519 vectors: what is valid verifies, what is invalid is refused."""

from __future__ import annotations

import json
from collections import Counter

import pytest
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from kmsjose.algorithms import BY_NAME, Family
from kmsjose.ecdsa import der_to_raw
from kmsjose.errors import VerificationError
from kmsjose.keys import PublicKey

#: File to algorithm, and how many cases of each verdict it has.
FILES = {
    "ecdsa_secp256r1_sha256_p1363_test.json": ("ES256", {"valid": 173, "invalid": 89}),
    "ecdsa_secp384r1_sha384_p1363_test.json": ("ES384", {"valid": 193, "invalid": 87}),
    "ecdsa_secp521r1_sha512_p1363_test.json": ("ES512", {"valid": 231, "invalid": 87}),
    "ecdsa_secp256k1_sha256_p1363_test.json": ("ES256K", {"valid": 167, "invalid": 85}),
    "ed25519_test.json": ("EdDSA", {"valid": 88, "invalid": 63}),
}
#: Pairs of curve and hash that are published but are no JOSE or COSE algorithm. Of the files here: none.
OUT_OF_SCOPE: frozenset[tuple[str, str]] = frozenset()
HASHES = {"ES256": "SHA-256", "ES384": "SHA-384", "ES512": "SHA-512", "ES256K": "SHA-256", "EdDSA": None}


def groups(vectors, file):
    return json.loads((vectors / "wycheproof" / "testvectors_v1" / file).read_text())["testGroups"]


def accepts(key, message, signature) -> bool:
    try:
        key.verify(message, signature)
    except VerificationError:
        return False
    return True


@pytest.fixture(params=FILES)
def file(request):
    return request.param


def test_every_file_is_run(vectors):
    assert {path.name for path in (vectors / "wycheproof" / "testvectors_v1").glob("*.json")} == set(FILES)


def test_every_group_is_of_the_files_algorithm(vectors, file):
    name, _ = FILES[file]
    pairs = {(group["publicKey"]["curve"], group.get("sha")) for group in groups(vectors, file)} - OUT_OF_SCOPE
    assert {sha for _, sha in pairs} == {HASHES[name]}
    assert len(pairs) == 1


def test_every_case_is_judged_as_its_file_says(vectors, file):
    name, expected = FILES[file]
    counts: Counter[str] = Counter()
    wrong = []
    for group in groups(vectors, file):
        key = PublicKey.from_der(bytes.fromhex(group["publicKeyDer"]), name)
        for case in group["tests"]:
            counts[case["result"]] += 1
            if accepts(key, bytes.fromhex(case["msg"]), bytes.fromhex(case["sig"])) != (case["result"] == "valid"):
                wrong.append((case["tcId"], case["comment"]))
    assert wrong == []
    # None of these files has a case that is "acceptable", so each is either yes or no.
    assert counts == expected


def test_its_three_forms_of_a_key_are_one(vectors, file):
    name, _ = FILES[file]
    read = 0
    for group in groups(vectors, file):
        key = PublicKey.from_der(bytes.fromhex(group["publicKeyDer"]), name)
        assert PublicKey.from_pem(group["publicKeyPem"], name) == key
        jwk = group.get("publicKeyJwk")
        if jwk is not None:
            read += 1
            assert PublicKey.from_jwk({**jwk, "kid": ""}, name) == key
    assert read > 0


@pytest.mark.parametrize("file", [file for file, (name, _) in FILES.items() if BY_NAME[name].family is Family.ECDSA])
def test_the_way_through_der_makes_nothing_invalid_valid(vectors, file):
    """As if KMS had returned it: der_to_raw, which lowers s for ES256K, then verify."""
    name, _ = FILES[file]
    counts: Counter[str] = Counter()
    wrong = []
    row = BY_NAME[name]
    for group in groups(vectors, file):
        key = PublicKey.from_der(bytes.fromhex(group["publicKeyDer"]), name)
        for case in group["tests"]:
            signature = bytes.fromhex(case["sig"])
            half = len(signature) // 2
            der = encode_dss_signature(int.from_bytes(signature[:half]), int.from_bytes(signature[half:]))
            try:
                raw = der_to_raw(der, row)
            except ValueError:
                verdict = False
            else:
                verdict = accepts(key, bytes.fromhex(case["msg"]), raw)
            # r and s of another width are invalid as r‖s, but DER has no width: there they may be the same numbers.
            widthless = len(signature) != row.signature_size
            counts["widthless" if widthless else case["result"]] += 1
            if not widthless and verdict != (case["result"] == "valid"):
                wrong.append((case["tcId"], case["comment"]))
    assert wrong == []
    assert counts["valid"] > 100
    assert counts["invalid"] > 50
