"""The page and the library judge alike what a good key has truly signed, whatever its form.

One table of tokens goes through both. The library is called for what the token is: `jws.verify` of any, `jwt.verify` of
claims, `vc.verify` and `vc.verify_presentation` of credentials and presentations.
"""

from __future__ import annotations

import json
import re

import pytest

from kmsjose import KeySet, LocalSigner, jws, jwt, vc
from kmsjose.credentials.dates import dates_of
from kmsjose.errors import VerificationError
from kmsjose.jose.header import media_type
from kmsjose.publishing.page import page as page_of

from .browser import Page, signed
from .tokens import KEY, KIDS, NOW, Case, claims, credentials, encoded, folded, headers, known

pytestmark = [pytest.mark.slow, pytest.mark.interop]

STATES = {
    "expired": "expired", "credential-expired": "expired", "not-yet-valid": "early", "issued-in-future": "early",
}  # fmt: skip


def by_the_library(token: str, payload: bytes, keys: KeySet) -> str:
    """The state that the verifier of this kind of token finds it in; the page does not ask whom it is for."""
    try:
        typ = jws.verify(token, keys).header.get("typ")
        kind = "jwt" if typ is None else media_type(typ).removeprefix("application/")
        claims = claims_of(payload)
        if claims is None and (typ is None or not re.search(r"(^|\+)jwt$", kind)):
            return "valid"
        audience = (claims or {}).get("aud")
        asked = {"audience": audience[0] if isinstance(audience, list) and audience else audience, "now": NOW}
        if kind == "vp+jwt" or (kind == "jwt" and "vp" in (claims or {})):
            vc.verify_presentation(token, keys, **asked)
        elif kind == "vc+jwt" or (kind == "jwt" and "vc" in (claims or {})):
            vc.verify(token, keys, **asked)
        else:
            jwt.verify(token, keys, typ=typ, require=(), **asked)
            return by_its_dates(claims or {})
    except VerificationError as error:
        return STATES.get(error.code, "invalid")
    return "valid"


def claims_of(payload: bytes) -> dict | None:
    """A JSON object, however bad its form, or None."""

    def refuse(constant: str) -> None:
        raise ValueError(constant)

    try:
        claims = json.loads(payload.decode(), parse_constant=refuse, parse_int=float)
    except ValueError:
        return None
    except RecursionError:
        return {} if payload.startswith(b"{") else None
    return claims if isinstance(claims, dict) else None


def by_its_dates(claims: dict) -> str:
    """What the dates of a document say that came as a plain JWT."""
    dates = dates_of(claims)
    if any(date.seconds is None for date in dates):
        return "invalid"
    now = NOW.timestamp()
    if any(date.bound == "ends" and date.seconds <= now for date in dates):
        return "expired"
    return "early" if any(date.bound == "begins" and date.seconds > now for date in dates) else "valid"


@pytest.fixture(scope="module")
def keys() -> KeySet:
    return KeySet(LocalSigner(KEY, kid=kid).public_key for kid in KIDS)


@pytest.fixture(scope="module")
def judged(browser, tmp_path_factory, keys):
    """The states that the page finds tokens in."""
    file = tmp_path_factory.mktemp("differential") / "index.html"
    file.write_bytes(page_of(keys))
    page = Page(browser).open(file.as_uri())

    def judge(tokens: list[str]) -> list[list[str]]:
        return page.browser.execute_async_script(
            """
            const [tokens, now, done] = arguments;
            (async () => {
              const states = [];
              for (const token of tokens) {
                const { state, reason } = await verify(token, published, now);
                states.push([state, reason]);
              }
              return states;
            })().then(done, (error) => done([[`${error}`, error.stack]]));
            """,
            tokens,
            NOW.timestamp(),
        )

    return judge


@pytest.fixture
def both(judged, keys):
    """Whether both judge alike, and what the page found."""

    def compare(table: list[Case]) -> set[str]:
        signer = LocalSigner(KEY)
        cases = [(encoded(head), encoded(payload)) for head, payload in table]
        tokens = [signed(signer, head, payload) for head, payload in cases]
        different = []
        found = set()
        for (head, payload), token, (state, reason) in zip(cases, tokens, judged(tokens), strict=True):
            expected = by_the_library(token, payload, keys)
            found.add(state)
            if state != expected:
                different.append((state, expected, reason, head[:200], payload[:300]))
        assert different == []
        return found

    return compare


def test_both_judge_alike_what_is_known_to_differ(both):
    assert both(list(known())) == {"valid", "expired", "early", "invalid"}


@pytest.mark.parametrize("table", [headers, claims, credentials, folded])
def test_both_judge_alike(both, table):
    """One token in twenty; the whole table is another test."""
    assert both(list(table())[::20]) >= {"valid", "invalid"}


@pytest.mark.exhaustive
@pytest.mark.parametrize("table", [headers, claims, credentials, folded])
def test_both_judge_every_token_alike(both, table):
    assert both(list(table())) >= {"valid", "invalid"}
