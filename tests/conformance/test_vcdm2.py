"""The documents of W3C's test suite for VC Data Model 2.0: what is good is signed, what is not is refused.

`expected.json` beside them says of each ``ok``, ``fail``, or ``inject`` (add what is missing, or refuse: that is done).
"""

from __future__ import annotations

import json
from collections import Counter

import pytest

from kmsjose.credentials import vc
from kmsjose.encoding import JSONObject
from kmsjose.errors import InputError
from kmsjose.signers import LocalSigner

#: What only JSON-LD processing can see: what its context makes of a type.
JSON_LD = frozenset({
    "credential-redef-type-fail.json", "credential-redef-type2-fail.json", "credential-type-mapped-nonurl-fail.json",
    "credential-type-unmapped-fail.json",
})  # fmt: skip
#: What the document does not show. A credential that is not self-asserted may be secured before it is presented, as the
#: suite itself does with those of its good documents; and the token in an envelope is not opened by presenting it.
NOT_SHOWN = frozenset({
    "presentation-enveloped-vc-missing-type-fail.json", "presentation-self-asserted-vc-holder-mismatch.json",
    "presentation-self-asserted-vc-issuer-mismatch.json", "presentation-self-asserted-vc-no-holder.json",
})  # fmt: skip
#: What stands in two files for dates that the suite fills in.
FILLED_IN = {"FUTURE DATE": "2126-01-01T00:00:00Z", "PAST DATE": "2024-01-01T00:00:00Z"}
ISSUER = "did:example:issuer"


@pytest.fixture(scope="session")
def expected(vectors) -> dict[str, dict]:
    return json.loads((vectors / "vcdm2" / "expected.json").read_text())


def read(vectors, name: str, case: dict) -> JSONObject:
    text = (vectors / "vcdm2" / name).read_text()
    for placeholder, date in FILLED_IN.items():
        text = text.replace(placeholder, date)
    document = json.loads(text)
    # As the suite does: it adds its own issuer, and its id to an issuer that is described and not named.
    if case.get("issuer_added_by_harness"):
        document["issuer"] = ISSUER
    elif isinstance(document.get("issuer"), dict):
        document["issuer"].setdefault("id", ISSUER)
    return document


def is_signed(document: JSONObject, kind: str, key) -> bool:
    party = document.get("issuer" if kind == "credential" else "holder")
    did = party.get("id") if isinstance(party, dict) else party
    signer = LocalSigner(key, kid=f"{did}#key")
    try:
        vc.issue(document, signer) if kind == "credential" else vc.present(document, signer)
    except InputError as error:
        assert error.code == "credential-invalid"
        return False
    return True


def test_every_file_is_run(vectors, expected):
    folder = vectors / "vcdm2"
    files = {path.relative_to(folder).as_posix() for path in folder.rglob("*.json")} - {"expected.json"}
    assert files == set(expected)


def test_every_document_is_judged_as_its_file_says(vectors, expected, private_keys):
    counts: Counter[str] = Counter()
    wrong = []
    for name, case in expected.items():
        if name in JSON_LD | NOT_SHOWN:
            continue
        counts[case["expect"]] += 1
        if is_signed(read(vectors, name, case), case["kind"], private_keys["ES256"]) != (case["expect"] == "ok"):
            wrong.append(name)
    assert wrong == []
    assert counts == {"ok": 65, "fail": 44, "inject": 3}


def test_what_is_left_out_is_what_a_document_alone_does_not_show(expected):
    for name in JSON_LD | NOT_SHOWN:
        assert expected[name]["expect"] == "fail"
        assert "note" in expected[name]
