"""The page in a browser: what it says of tokens, good and bad, and that it asks the network for nothing."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from kmsjose import KeySet, LocalSigner, PublicKey, jws, jwt, vc
from kmsjose.algorithms import TABLE, Family
from kmsjose.encoding import b64url_decode
from kmsjose.publishing.page import page as page_file

from .browser import INSECURE, ISSUER, Page, forged, signed

pytestmark = [pytest.mark.slow, pytest.mark.interop]

CLAIMS = {"iss": ISSUER, "sub": "alice", "name": "Zoë <b>Öst</b>"}
#: What every browser of today can check; of the rest it says that it can't, unless it has learnt it.
EVERYWHERE = [row.name for row in TABLE if row.name != "ES256K" and row.family is not Family.ML_DSA]
HOSTILE = "</script><script>document.title='broken'</script><img src=x onerror=alert(1)>\u202egnp"


@pytest.fixture(params=EVERYWHERE)
def token(request, named) -> str:
    """A good token of each algorithm that every browser has, in turn."""
    return jwt.sign(CLAIMS, named[request.param], lifetime=timedelta(minutes=5))


class TestGood:
    def test_a_token_of_every_algorithm_is_valid(self, page, token):
        verdict = page.says(token)
        assert verdict.state == "valid"
        assert verdict.told == "Valid\nThe signature is good."
        assert verdict.header == json.loads(b64url_decode(token.encode().partition(b".")[0]))
        assert verdict.claims == CLAIMS | {name: verdict.claims[name] for name in ("iat", "exp")}
        assert verdict.facts["Signed by"] == verdict.header["kid"]
        assert verdict.facts["Expires (exp)"].startswith(
            datetime.fromtimestamp(verdict.claims["exp"], UTC).strftime("%Y-%m-%d %H:%M:%S UTC, in ")
        )

    @pytest.mark.parametrize("alg", [row.name for row in TABLE if row.name not in EVERYWHERE])
    def test_of_what_the_browser_can_not_check_it_says_so(self, page, named, alg):
        good = jwt.sign(CLAIMS, named[alg], lifetime=timedelta(minutes=5))
        known = page.browser.execute_async_script(
            """
            const [jwk, name, done] = arguments;
            crypto.subtle.importKey("jwk", jwk, { name }, false, ["verify"]).then(() => done(true), () => done(false));
            """,
            {name: value for name, value in named[alg].public_key.to_jwk().items() if name in {"kty", "alg", "pub"}},
            alg,
        )
        verdict = page.says(good)
        assert verdict.state == ("valid" if known else "unknown")
        assert known or verdict.told == f"Cannot say\nThis browser can't check signatures of {alg}."
        changed = good[:-8] + "AAAAAAAA"
        assert page.says(changed).state == ("invalid" if known else "unknown")

    def test_both_names_of_ed25519_are_one(self, page, named):
        fully = jwt.sign(CLAIMS, named["EdDSA"], lifetime=timedelta(minutes=5), fully_specified=True)
        assert page.says(fully).state == "valid"

    def test_without_a_kid_the_only_key_of_its_algorithm_is_taken(self, page, named):
        for alg in ("ES384", "RS256"):
            header = json.dumps({"alg": alg}).encode()
            assert page.says(signed(named[alg], header, b"{}")).facts["Signed by"] == f"2026-{alg}"

    def test_a_key_is_found_by_its_did_url_too(self, page, private_keys):
        """As who reads the DID document beside the page finds it."""
        for did, state in (("did:web:issuer.example", "valid"), ("did:web:other.example", "invalid")):
            signer = LocalSigner(private_keys["ES256"], kid=f"{did}#2026-ES256")
            document = {
                "@context": ["https://www.w3.org/ns/credentials/v2"], "type": ["VerifiableCredential"], "issuer": did,
                "credentialSubject": {"name": "Alice"},
            }  # fmt: skip
            verdict = page.says(vc.issue(document, signer))
            assert verdict.state == state
            assert verdict.facts["Document"] == "credential, data model 2.0"

    @pytest.mark.parametrize(
        "until, state, label",
        [("2020-01-01T00:00:00Z", "expired", "Was valid until"), ("2120-01-01T00:00:00Z", "valid", "Valid until")],
    )
    def test_the_dates_of_a_credential_are_shown(self, page, named, until, state, label):
        document = {
            "@context": ["https://www.w3.org/ns/credentials/v2"], "type": ["VerifiableCredential"], "issuer": ISSUER,
            "credentialSubject": {"name": "Alice"}, "validFrom": "2019-01-01T00:00:00Z", "validUntil": until,
        }  # fmt: skip
        older = {
            **document, "@context": ["https://www.w3.org/2018/credentials/v1"], "issuanceDate": document["validFrom"],
            "expirationDate": until,
        }  # fmt: skip
        for made, begins, ends in ((document, "validFrom", "validUntil"), (older, "issuanceDate", "expirationDate")):
            verdict = page.says(vc.issue(made, named["ES256"]))
            assert verdict.state == state
            assert verdict.facts[f"Valid from ({begins})"].startswith("2019-01-01 00:00:00 UTC, ")
            assert verdict.facts[f"{label} ({ends})"].startswith(f"{until[:4]}-01-01 00:00:00 UTC, ")
            assert "never" not in json.dumps(verdict.facts)

    def test_its_type_is_shown(self, page, named):
        token = jwt.sign(CLAIMS, named["ES256"], typ="at+jwt", lifetime=timedelta(minutes=5))
        assert page.says(token).facts["Type (typ)"] == "at+jwt"
        assert "Type (typ)" not in page.says(jws.sign(b"{}", named["ES256"])).facts

    def test_what_is_shown_is_what_was_signed(self, page, named):
        """As a value of JavaScript, a large number would be another, -0 would be 0, and members would change places."""
        numbers = "[9007199254740993,-0,1.0,1e5,0.1000000000000000055]"
        payload = f' {{"z":{numbers}, "2":{{}},"1" : [ ],"s\\u0061":"a\\u202e\\" {{,}}:[]"}}\n'.encode()
        shown = page.says(jws.sign(payload, named["ES256"])).payload
        assert (
            shown
            == """{
  "z": [
    9007199254740993,
    -0,
    1.0,
    1e5,
    0.1000000000000000055
  ],
  "2": {},
  "1": [],
  "sa": "a\\u202e\\" {,}:[]"
}"""
        )
        header = b'{"alg":"ES256","kid":"2026-ES256","n":9007199254740993}'
        page.says(signed(named["ES256"], header, b"{}"))
        assert '"n": 9007199254740993\n' in page.run("return document.getElementById('header').textContent")

    def test_space_around_the_token_does_not_matter(self, page, token):
        assert page.says(f"\n  {token}\r\n").state == "valid"

    def test_any_content_may_be_signed(self, page, named):
        for content, shown in (
            (b"any text", "any text"), (b"[1]", "[1]"), (b'"a"', '"a"'), (b"\xff\xfe", ""), (b"", ""),
            (b"null", "null"), (b"\xef\xbb\xbf{}", "\\u{feff}{}"),
        ):  # fmt: skip
            verdict = page.says(jws.sign(content, named["ES256"]))
            assert (verdict.state, verdict.payload) == ("valid", shown)
            assert verdict.facts["Payload"] == f"{len(content)} bytes, which are no claims"

    def test_the_last_token_counts(self, page, named):
        """A verdict on a token that is no longer there must not appear, however long it takes."""
        page.run(
            """
            const verify = SubtleCrypto.prototype.verify, opened = new Promise((open) => { window.openGate = open; });
            SubtleCrypto.prototype.verify = async function (...given) {
              await opened;
              const good = await verify.apply(this, given);
              setTimeout(() => { window.late = true; });
              return good;
            };
            """
        )
        page.insert(jwt.sign(CLAIMS, named["RS512"], lifetime=timedelta(minutes=5)))
        assert page.says("a.b").state == "invalid"
        page.run("window.openGate()")
        assert page.wait("return window.late")
        assert page.run("return document.getElementById('verdict').dataset.state") == "invalid"

    def test_without_a_token_nothing_is_said(self, page, token):
        page.says(token)
        page.empty()
        assert page.run("return document.getElementById('verdict').textContent") == ""
        assert page.run("return document.getElementById('contents').hidden")


class TestBounds:
    """What is shown is bounded, whatever a good key has signed, and says where it was cut."""

    @pytest.mark.parametrize(
        "payload",
        [b'{"a":' + b"[" * 250 + b"1," * 130_000 + b"1" + b"]" * 250 + b"}", "\u202e".encode() * 230_000],
        ids=["deep numbers", "hidden characters"],
    )
    def test_a_payload_is_cut(self, page, named, payload):
        verdict = page.says(jws.sign(payload, named["ES256"]))
        assert verdict.state == "valid"
        assert len(verdict.payload) < 66_000
        assert verdict.payload.endswith("… (cut)")

    def test_json_of_any_form_is_cut(self, page):
        for text in (
            '{"a":' + "[" * 250 + "[]," * 65_000 + "1" + "]" * 250 + "}", '{"' + "n" * 700_000 + '":1}',
            '{"a":"' + "\u202e" * 230_000 + '"}', '{"a":"' + "\\u202e" * 110_000 + '"}',
            '{"a":"' + "\\n" * 350_000 + '"}', '{"a":[' + '"x",' * 130_000 + "1]}",
            "\n" * 700_000 + '{"a":[' + "1," * 20_000 + "1]}",
        ):  # fmt: skip
            shown, end = page.run("const shown = pretty(arguments[0]); return [shown.length, shown.slice(-7)]", text)
            assert (shown < 66_000, end) == (True, "… (cut)")

    def test_what_is_short_is_whole(self, page, named):
        claims = {"a": [[[["x" * 1000] * 5] * 3]], "b": "… (cut)"}
        assert page.says(jws.sign(json.dumps(claims).encode(), named["ES256"])).claims == claims

    def test_a_header_is_cut(self, page, named):
        header = (
            b'{"alg":"ES256","kid":"2026-ES256","typ":"' + b"t" * 40_000 + b'","x":' + b"[" * 250 + b"]" * 250 + b"}"
        )
        page.insert(signed(named["ES256"], header, b"{}"))
        assert page.wait("return document.getElementById('verdict').dataset.state") == "valid"
        assert len(page.run("return document.getElementById('header').textContent")) < 66_000
        assert len(page.run("return document.getElementById('facts').textContent")) < 2_000

    def test_keys_and_names_are_cut(self, browser, private_keys, tmp_path):
        material = private_keys["ES256"].public_key()
        keys = [PublicKey.of(material, kid=f"{n}-{'k' * 30_000 if n < 10 else ''}") for n in range(1_007)]
        file = tmp_path / "index.html"
        file.write_bytes(page_file(KeySet(keys), "https://" + "i" * 100_000, files={"f" * 100_000: "jwks.json"}))
        page = Page(browser).open(file.as_uri())
        assert page.run("return document.querySelectorAll('#keys > li').length") == 1_000
        assert "7 more keys are not listed" in page.run("return document.querySelector('main').textContent")
        # The JWK itself is whole, for it is there to be copied.
        shown = page.run(
            """
            const shown = [...document.querySelectorAll("h3, #issuer, #files a, title")].map((at) => at.textContent);
            const texts = [...shown, ...[...document.querySelectorAll("[aria-label]")].map((item) => item.ariaLabel)];
            return Math.max(...texts.map((text) => text.length));
            """
        )
        assert shown < 1_200
        token = jwt.sign(CLAIMS, LocalSigner(private_keys["ES256"], kid=keys[-1].kid), lifetime=timedelta(minutes=5))
        assert page.says(token).state == "valid"
        long = jwt.sign(CLAIMS, LocalSigner(private_keys["ES256"], kid=keys[0].kid), lifetime=timedelta(minutes=5))
        assert page.says(long).facts["Signed by"].endswith("… (cut)")


class TestTimes:
    NOW = datetime.now(UTC)

    @pytest.mark.parametrize(
        "claims, state, told",
        [
            ({"exp": -1}, "expired", "Expired: not valid now\nThe signature is good, but the token has expired."),
            ({"exp": -86400 * 30}, "expired", "Expired: not valid now"),
            ({"nbf": 3600}, "early", "Not valid yet\nThe signature is good"),
            ({"nbf": 3600, "exp": 7200}, "early", "Not valid yet"),
            ({"iat": 3600}, "early", "Not valid yet"),
            ({"exp": 3600, "nbf": -3600, "iat": -3600}, "valid", "Valid"),
            ({}, "valid", "Valid"),
        ],
    )
    def test_the_times_are_a_state_of_their_own(self, page, named, claims, state, told):
        now = int(datetime.now(UTC).timestamp())
        payload = json.dumps({name: now + seconds for name, seconds in claims.items()}).encode()
        verdict = page.says(jws.sign(payload, named["ES256"]))
        assert verdict.state == state
        assert verdict.told.startswith(told)
        assert ("never" in verdict.facts.get("Expires (exp)", "")) == ("exp" not in claims)
        caveat = page.run("return document.getElementById('caveat').textContent")
        assert ("no exp" in caveat) == (state == "valid" and "exp" not in claims)

    def test_a_changed_token_is_not_valid_though_it_has_expired_too(self, page, named):
        token = jwt.sign(CLAIMS, named["ES256"], lifetime=timedelta(seconds=1), now=datetime(2020, 1, 1, tzinfo=UTC))
        assert page.says(token).state == "expired"
        assert page.says(token[:-8] + "AAAAAAAA").state == "invalid"

    @pytest.mark.parametrize("value", ['"1"', "true", "null", "[]", "{}"])
    def test_a_time_that_is_no_number_is_refused(self, page, named, value):
        for name in ("exp", "nbf", "iat"):
            verdict = page.says(jws.sign(f'{{"{name}": {value}}}'.encode(), named["ES256"]))
            assert verdict.told == f"Not valid\nThe claim {name} is not a number of seconds."

    @pytest.mark.parametrize("value", ["1e30", "1e300", "-1e300", "9223372036854775808", "1" + 40 * "0"])
    def test_a_time_of_more_than_64_bits_is_refused(self, page, named, value):
        for name in ("exp", "nbf", "iat"):
            verdict = page.says(jws.sign(f'{{"{name}": {value}}}'.encode(), named["ES256"]))
            assert verdict.told == f"Not valid\nThe claim {name} is no date: it is out of range."

    def test_a_time_that_no_calendar_has_is_shown_as_it_stands(self, page, named):
        verdict = page.says(jws.sign(b'{"exp": 1e17}', named["ES256"]))
        assert verdict.state == "valid"
        assert verdict.facts["Expires (exp)"].startswith("100000000000000000")


class TestBad:
    def test_any_part_changed_is_not_valid(self, page, token):
        parts = token.split(".")
        for index, part in enumerate(parts):
            for place in (0, len(part) // 2, len(part) - 3):
                other = "A" if part[place] != "A" else "B"
                changed = [*parts[:index], part[:place] + other + part[place + 1 :], *parts[index + 1 :]]
                verdict = page.says(".".join(changed))
                assert verdict.state == "invalid"
                assert verdict.told.startswith("Not valid\n")
                assert "Signed by" not in verdict.facts
                assert page.run("return document.getElementById('caveat').textContent").startswith("Nothing below")

    def test_a_token_of_another_key_is_not_valid(self, page, named):
        other = LocalSigner(ec.generate_private_key(ec.SECP256R1()), kid="2026-ES256")
        assert page.says(jwt.sign(CLAIMS, other)).told.startswith("Not valid\nThe signature does not fit")
        unknown = LocalSigner(ec.generate_private_key(ec.SECP256R1()), kid="2027")
        assert page.says(jwt.sign(CLAIMS, unknown)).told.startswith("Not valid\nNone of the keys here")

    def test_the_key_decides_the_algorithm(self, page, named):
        header = json.dumps({"alg": "RS256", "kid": "2026-PS256"}).encode()
        told = page.says(signed(named["RS256"], header, b"{}")).told
        assert told == "Not valid\nThe key that the token names is not for RS256."

    def test_several_keys_without_a_kid_are_refused(self, browser, serve, named):
        two = [PublicKey.of(ec.derive_private_key(n, ec.SECP256R1()).public_key()) for n in (1, 2)]
        page = Page(browser).open(serve(KeySet(two)).url())
        signer = LocalSigner(ec.derive_private_key(1, ec.SECP256R1()))
        assert page.says(signed(signer, b'{"alg":"ES256"}', b"{}")).told.startswith("Not valid\nThe token names no key")
        assert (
            page.says(signed(named["ES384"], b'{"alg":"ES384"}', b"{}")).told == "Not valid\nNo key here is for ES384."
        )
        assert page.says(jwt.sign(CLAIMS, signer)).state == "valid"

    @pytest.mark.parametrize(
        "header, told",
        [
            ({"alg": "none"}, "not signed"), ({"alg": "None"}, "not signed"), ({"alg": "nOnE"}, "not signed"),
            ({"alg": "HS256"}, "not one that is accepted"), ({"alg": "constructor"}, "not one that is accepted"),
            ({"alg": "__proto__"}, "not one that is accepted"), ({"alg": "es256"}, "not one that is accepted"),
            ({}, "names no alg"), ({"alg": 7}, "names no alg"), ({"alg": ["ES256"]}, "names no alg"),
            ({"alg": "ES256", "kid": 7}, "kid is not a string"), ({"alg": "ES256", "kid": None}, "kid is not a string"),
            ({"alg": "ES256", "typ": 7}, "typ is not a string"), ({"alg": "ES256", "typ": None}, "typ is not a string"),
            ({"alg": "ES256", "x": "x" * 50_000}, "over 64 KiB"),
            ({"alg": "ES256", "crit": ["b64"], "b64": False}, "critical"), ({"alg": "ES256", "crit": []}, "critical"),
            ({"alg": "ES256", "b64": True}, "critical"), ({"alg": "ES256", "crit": ["exp"], "exp": 1}, "critical"),
            (b'{"alg":"ES256","alg":"ES256"}', "twice"), (b'{"alg":"ES256","\\u0061lg":"none"}', "twice"),
            (b'{"alg":"ES256","x":[{"a":{"b":1},"a":2}]}', "twice"), (b"[]", "not a JSON object"),
            (b"null", "not a JSON object"), (b"{", "not JSON"), (b"", "missing"), (b"\xff{}", "not JSON"),
            (b'\xef\xbb\xbf{"alg":"ES256"}', "not JSON"), (b'{"alg":"ES256","x":NaN}', "not JSON"),
            (b'{"alg":"ES256","x":' + b"[" * 300 + b"]" * 300 + b"}", "nested too deep"),
        ],
        ids=repr,
    )  # fmt: skip
    def test_a_bad_header_is_refused_though_the_signature_is_good(self, page, named, header, told):
        data = header if isinstance(header, bytes) else json.dumps(header).encode()
        verdict = page.says(signed(named["ES256"], data, b"{}"))
        assert verdict.state == "invalid"
        assert told in verdict.told

    def test_a_member_twice_in_the_claims_is_refused(self, page, named):
        for payload in (b'{"sub":"alice","sub":"bob"}', b'{"a":{"b":1,"c":"\\"b\\":{","b":2}}'):
            assert "twice in the payload" in page.says(jws.sign(payload, named["ES256"])).told
        for payload in (b'{"a":{"a":{"a":1}},"b":[{"a":1},{"a":2}]}', b'{"a":"\\"a\\":","b":"{\\"a\\":1,\\"a\\":2}"}'):
            assert page.says(jws.sign(payload, named["ES256"])).state == "valid"

    def test_the_form_is_strict(self, page, named):
        good = jwt.sign(CLAIMS, named["ES256"], lifetime=timedelta(minutes=5))
        head, body, signature = good.split(".")
        unused = signature[:-1] + chr(ord(signature[-1]) + 1)
        padded = f"{head}.{body}.{signature}=="
        for bad in (
            "a", "a.b", "..", ".a.b", "a.b.", f"{head}.{body}.", f"{good}.", f"{good}.a", f".{good}", padded,
            f"{head}..{signature}", f"{head}.{body}.{unused}", f"{head} .{body}.{signature}",
            f"{head}.{body[:9]}\n{body[9:]}.{signature}",
            f"{head}.{body}.{signature}A", f"{head}.{body}.{signature[:-2]}",
            f"{head}.{body}.{signature[:-1]}", f"{head}.{body}.{signature}AAAA",
            f"{head}.{body}+.{signature}", f"{head}.{body}/.{signature}", f"{head}\u200b.{body}.{signature}",
            json.dumps({"payload": body, "signatures": []}),
        ):  # fmt: skip
            assert page.says(bad).state == "invalid", bad[:200]

    def test_a_token_of_any_size_is_not_read(self, page, named):
        assert page.says(jws.sign(b"a" * 700_000, named["ES256"])).state == "valid"
        assert page.says(jws.sign(b"a" * 800_000, named["ES256"])).told == "Not valid\nThe token is over 1 MiB."

    def test_a_signature_in_der_or_of_another_width_is_refused(self, page, named):
        for alg, size in (("ES256", 64), ("ES512", 132), ("EdDSA", 64), ("RS256", 256)):
            header = {"alg": alg, "kid": f"2026-{alg}"}
            for wrong in (size - 1, size + 1, 2 * size, 1):
                told = page.says(forged(header, signature=b"\0" * wrong)).told
                assert told == f"Not valid\nThe signature has {wrong} bytes, where {alg} by this key has {size}."

    @pytest.mark.parametrize("alg", ["EdDSA", "ES256", "PS256"])
    def test_a_browser_without_an_algorithm_says_nothing_of_the_token(self, page, named, alg):
        page.run(
            """
            SubtleCrypto.prototype.importKey = async () => { throw new DOMException("no", "NotSupportedError"); };
            """
        )
        for token in (jwt.sign(CLAIMS, named[alg]), jwt.sign(CLAIMS, named[alg])[:-8] + "AAAAAAAA"):
            verdict = page.says(token)
            assert verdict.state == "unknown"
            assert verdict.told == f"Cannot say\nThis browser can't check signatures of {alg}."

    def test_a_page_that_came_without_https_says_nothing_of_a_token(self, browser, site, named):
        page = Page(browser).open(site.url(INSECURE))
        verdict = page.says(jwt.sign(CLAIMS, named["ES256"]))
        assert verdict.state == "unknown"
        assert "HTTPS" in verdict.told


class TestPage:
    def test_it_lists_the_keys_for_people(self, page, named):
        shown = page.run("return [...document.querySelectorAll('#keys > li')].map((item) => item.innerText)")
        assert len(shown) == len(named)
        for text, (alg, signer) in zip(shown, named.items(), strict=True):
            assert text.startswith(f"2026-{alg}\n")
            assert signer.public_key.thumbprint() in text
        assert "\nRSA 2048 bits\n" in shown[-4]
        assert page.run("return document.title") == f"Public keys of {ISSUER}"
        links = page.run("return [...document.querySelectorAll('#files a')].map((link) => link.getAttribute('href'))")
        assert links == ["jwks.json", "cose-keys.cbor", "did.json", "jwt-vc-issuer"]

    @staticmethod
    def pasted(page) -> str:
        """What Control and V put into the page: what was copied, by the keys that need no permission."""
        page.empty()
        page.press("v")
        return page.wait("return document.getElementById('token').value")

    @staticmethod
    def copied(page) -> str:
        page.click("#keys button")
        return page.wait("return document.querySelector('[data-part=copied]').textContent")

    def test_a_jwk_can_be_copied(self, page, named):
        assert self.copied(page) == "Copied."
        assert json.loads(self.pasted(page)) == named["ES256"].public_key.to_jwk()

    @pytest.mark.parametrize(
        "clipboard",
        ["undefined", "{}", "{ writeText: () => Promise.reject(new DOMException('', 'NotAllowedError')) }",
         "{ writeText() { throw new DOMException('', 'SecurityError'); } }",
         "{ writeText: () => new Promise(() => {}) }"],
        ids=["none", "without writing", "refuses", "throws", "does not answer"],
    )  # fmt: skip
    def test_where_the_clipboard_refuses_a_jwk_is_selected(self, page, named, clipboard):
        page.run(f"Object.defineProperty(navigator, 'clipboard', {{ value: {clipboard} }})")
        assert "copy it by hand" in self.copied(page)
        assert page.run("return document.querySelector('#keys details').open")
        page.press("c")
        assert json.loads(self.pasted(page)) == named["ES256"].public_key.to_jwk()

    def test_a_page_that_came_without_https_has_a_jwk_copied_by_hand(self, browser, site, named):
        page = Page(browser).open(site.url(INSECURE))
        assert "copy it by hand" in self.copied(page)
        page.press("c")
        assert json.loads(self.pasted(page)) == named["ES256"].public_key.to_jwk()

    def test_a_hostile_kid_is_text(self, browser, serve, named):
        signer = LocalSigner(ec.generate_private_key(ec.SECP256R1()), kid=HOSTILE)
        page = Page(browser).open(serve(KeySet([signer.public_key])).url())
        shown = page.run("return document.querySelector('#keys h3').textContent")
        assert shown == HOSTILE.replace("\u202e", "\\u{202e}")
        verdict = page.says(jwt.sign({"sub": HOSTILE}, signer))
        assert verdict.state == "valid"
        assert verdict.facts["Signed by"] == shown
        assert verdict.claims["sub"] == HOSTILE
        assert "\u202e" not in page.run("return document.body.innerText")
        assert page.run("return document.querySelectorAll('img').length") == 0
        assert page.run("return document.title") == f"Public keys of {ISSUER}"

    def test_it_works_from_a_file_too(self, browser, site, token):
        page = Page(browser).open((site.folder / ".well-known/index.html").as_uri())
        assert page.says(token).state == "valid"
        assert page.says(token[:-8] + "AAAAAAAA").state == "invalid"

    def test_it_asks_the_network_for_nothing_but_itself(self, browser, serve, named):
        site = serve(KeySet(signer.public_key for signer in named.values()))
        Page(browser).open("about:blank")
        browser.get_log("performance")
        page = Page(browser).open(site.url())
        for alg in EVERYWHERE:
            page.says(jwt.sign(CLAIMS, named[alg]))
        assert page.run("return performance.getEntriesByType('resource').map((entry) => entry.name)") == []
        events = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
        sent = [event["params"]["request"]["url"] for event in events if event["method"] == "Network.requestWillBeSent"]
        assert [url for url in sent if url != site.url()] == []
        assert site.asked == ["/.well-known/index.html"]

    def test_what_would_send_something_is_stopped_by_the_policy(self, browser, serve, named):
        """Were there a flaw in the page, the browser would still keep the token."""
        site = serve(KeySet([named["ES256"].public_key]))
        page = Page(browser).open(site.url())
        stopped = page.browser.execute_async_script(
            """
            const [done] = arguments, stopped = [];
            document.addEventListener("securitypolicyviolation", (event) => stopped.push(event.effectiveDirective));
            const add = (name, members) => document.body.append(Object.assign(document.createElement(name), members));
            (async () => {
              await fetch("/leak-fetch").catch(() => {});
              navigator.sendBeacon("/leak-beacon", "x");
              add("img", { src: "/leak-image" });
              add("iframe", { src: "/leak-frame" });
              add("link", { rel: "stylesheet", href: "/leak-style" });
              try { add("script", { textContent: "document.title = 'broken'" }); } catch { stopped.push("script"); }
              try { document.body.innerHTML += "<b>x</b>"; } catch { stopped.push("markup"); }
              const form = Object.assign(document.createElement("form"), { action: "/leak-form" });
              document.body.append(form);
              form.submit();
              setTimeout(() => done(stopped), 300);
            })();
            """
        )
        assert {"connect-src", "img-src", "frame-src", "style-src-elem", "form-action", "script", "markup"} <= set(
            stopped
        )
        assert page.run("return document.title") == f"Public keys of {ISSUER}"
        assert site.asked == ["/.well-known/index.html"]

    def test_it_can_be_used_without_a_mouse_and_by_ear(self, page):
        """Every control has a name, and the verdict is read out."""
        controls = page.run(
            """
            const nameOf = (control) => control.labels?.[0]?.textContent || control.getAttribute("aria-label")
              || document.getElementById(control.getAttribute("aria-labelledby"))?.textContent || control.textContent;
            return [...document.querySelectorAll("textarea, button, summary, pre, a")].map((control) =>
              [control.tagName, control.tabIndex, nameOf(control)]);
            """
        )
        assert all(index == 0 and name.strip() for _, index, name in controls), controls
        assert page.run("return document.getElementById('verdict').getAttribute('aria-live')") == "polite"
        assert page.run("return document.documentElement.lang") == "en"
        assert page.run("return document.getElementById('token').spellcheck") is False

    @pytest.mark.parametrize("width", [320, 1200])
    def test_nothing_is_wider_than_the_screen(self, page, named, width):
        page.browser.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": False},
        )
        try:
            page.says(jwt.sign(CLAIMS | {"long": "a" * 500}, named["RS256"]))
            assert page.run("return document.documentElement.scrollWidth") <= width
        finally:
            page.browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})

    def test_nothing_is_amiss_in_the_console(self, browser, page, token):
        browser.get_log("browser")
        page.browser.refresh()
        assert page.says(token).state == "valid"
        assert browser.get_log("browser") == []
