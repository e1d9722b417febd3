"""The rules of a JOSE header, each with its code: for what is received, and for what is written."""

from __future__ import annotations

import base64
import hashlib
import inspect
import json
import sys
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kmsjose.algorithms import by_name
from kmsjose.encoding import b64url_encode, json_dumps
from kmsjose.errors import InputError, VerificationError
from kmsjose.jose.header import MAX_HEADER_SIZE, check_header, check_typ, media_type, parse_header
from kmsjose.jose.protected import certificate_header, encode_header, make_header
from kmsjose.keys import PublicKey


def parse(header, understood=frozenset()):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return parse_header(b64url_encode(text), understood)


URIS = ["HTTPS://a.example/c", "urn:example:cert", "file:///etc/cert.pem", "ldap://[2001:db8::7]/c=GB?one", "a+b.c-1:x"]


class TestReceived:
    def test_what_it_says_is_read(self):
        header = parse({"alg": "ES256", "kid": "k", "typ": "JWT", "private": [1]})
        assert (header.algorithm, header.kid, header.b64) == (by_name("ES256"), "k", True)
        assert header.copy() == {"alg": "ES256", "kid": "k", "typ": "JWT", "private": [1]}

    def test_both_names_of_ed25519_are_one_algorithm(self):
        assert parse({"alg": "Ed25519"}).algorithm is parse({"alg": "EdDSA"}).algorithm

    @pytest.mark.parametrize("spelling", ["none", "None", "NONE", "nOnE"])
    def test_none_is_refused_in_any_spelling(self, spelling, refused):
        with refused("alg-none"):
            parse({"alg": spelling})

    @pytest.mark.parametrize(
        "alg", ["HS256", "HS384", "HS512", "es256", "ES256 ", " ES256", "", "ESP256", "RSA-OAEP", "dir", "Ed448"]
    )
    def test_an_unknown_alg_and_every_mac_is_refused(self, alg, refused):
        with refused("alg-unknown"):
            parse({"alg": alg})

    def test_a_header_must_have_an_alg(self, refused):
        with refused("alg-missing"):
            parse({"kid": "k"})
        with refused("alg-missing"):
            check_header({}, {"alg": "ES256"})

    @pytest.mark.parametrize(
        "name, values",
        [
            ("alg", [None, 5, [], ["ES256"], {}, True]),
            ("kid", [None, 5, [], {}]),
            ("typ", [None, 5, [], {}]),
            ("cty", [None, 5, []]),
            (
                "jku",
                [None, 5, "", "/keys", "//host/keys", "issuer.example/keys", "https:", ":x", "1x:y", "https://a b"],
            ),
            ("x5u", [None, 5, "", "cert.pem", "#cert", "https://a\n", [], {}]),
            ("jwk", [None, 5, "x", [], {"kty": "EC", "d": "AA"}, {"kty": "oct", "k": "AA"}, {"priv": "AA"}]),
            ("x5c", [None, "AAAA", [], [5], ["!"], ["AA-_"], ["AAAA\n"], [["AAAA"]], ["é"]]),
            ("x5t", [None, 5, []]),
            ("x5t#S256", [None, 5, []]),
        ],
    )
    def test_a_registered_parameter_of_a_wrong_type_is_refused(self, name, values, refused):
        for value in values:
            with refused("bad-header"):
                parse({"alg": "ES256", name: value})

    @pytest.mark.parametrize("before", [{"private": 1}, {"x5u": "https://a.example"}], ids=["private", "x5u"])
    def test_it_is_refused_whatever_stands_before_it(self, before, refused):
        with refused("bad-header"):
            parse({"alg": "ES256", **before, "kid": 5})

    @pytest.mark.parametrize("name", ["jku", "x5u"])
    @pytest.mark.parametrize("uri", URIS)
    def test_any_uri_may_say_where_a_key_is_for_it_is_never_followed(self, name, uri):
        assert parse({"alg": "ES256", name: uri}).copy()[name] == uri

    def test_a_relative_one_is_refused_with_the_reason(self, refused):
        with refused("bad-header") as caught:
            parse({"alg": "ES256", "x5u": "/cert.pem"})
        assert "no URI with its scheme (RFC 7515 section 4.1.5)" in caught.value.message

    @pytest.mark.parametrize(
        "crit",
        [[], None, "b64", {}, 5, True, [5], [None], ["b64", 5], ["b64", "b64"], [["b64"]]],
        ids=repr,
    )
    def test_crit_must_be_a_list_of_distinct_names(self, crit, refused):
        with refused("crit-invalid"):
            parse({"alg": "ES256", "b64": True, "crit": crit})

    @pytest.mark.parametrize(
        "name", ["alg", "kid", "typ", "cty", "crit", "jwk", "jku", "x5c", "x5u", "x5t", "x5t#S256"]
    )
    def test_crit_must_not_name_a_parameter_of_rfc_7515_itself(self, name, refused):
        header = {"alg": "ES256", "kid": "k", "typ": "JWT", "cty": "x", "crit": [name]}
        with refused("crit-invalid"):
            parse(header)
        with refused("crit-invalid"):
            parse(header, frozenset([name]))

    def test_crit_must_name_what_is_understood(self, refused):
        header = {"alg": "ES256", "crit": ["exp"], "exp": 5}
        with refused("crit-unknown"):
            parse(header)
        assert parse(header, frozenset(["exp"])).parameters["exp"] == 5
        with refused("crit-unknown"):
            parse({**header, "crit": ["exp", "other"]}, frozenset(["exp"]))

    def test_crit_must_name_what_is_there(self, refused):
        with refused("crit-invalid"):
            parse({"alg": "ES256", "crit": ["exp"]}, frozenset(["exp"]))
        with refused("crit-invalid"):
            parse({"alg": "ES256", "crit": ["b64"]})

    @pytest.mark.parametrize("understood", [False, True])
    def test_of_a_long_name_in_crit_40_characters_are_told(self, understood):
        name = "x" * 41
        with pytest.raises(VerificationError) as caught:
            parse({"alg": "ES256", "crit": [name]}, frozenset([name] if understood else []))
        assert f"'{name[:40]}'" in caught.value.message

    def test_crit_and_b64_must_be_protected(self, refused):
        with refused("crit-invalid"):
            check_header({"alg": "ES256"}, {"crit": ["exp"], "exp": 1}, frozenset(["exp"]))
        with refused("b64-invalid"):
            check_header({"alg": "ES256"}, {"b64": True})
        with refused("crit-invalid"):
            check_header({"alg": "ES256", "crit": ["exp"]}, {"exp": 1}, frozenset(["exp"]))

    @pytest.mark.parametrize("b64", [0, 1, "false", None, [], {}], ids=repr)
    def test_b64_must_be_a_boolean(self, b64, refused):
        with refused("b64-invalid"):
            parse({"alg": "ES256", "b64": b64, "crit": ["b64"]})

    @pytest.mark.parametrize("b64", [True, False])
    def test_b64_must_be_named_in_crit(self, b64, refused):
        with refused("b64-invalid"):
            parse({"alg": "ES256", "b64": b64})
        assert parse({"alg": "ES256", "b64": b64, "crit": ["b64"]}).b64 is b64

    def test_a_parameter_in_both_buckets_is_refused(self, refused):
        for name in ("alg", "kid", "x"):
            with refused("header-overlap"):
                check_header({"alg": "ES256", "kid": "k", "x": 1}, {name: "ES256"})

    def test_a_kid_may_be_unprotected(self):
        assert check_header({"alg": "ES256"}, {"kid": "k"}).kid == "k"

    @pytest.mark.parametrize(
        "text, code",
        [
            (b'{"alg":"ES256","alg":"ES256"}', "duplicate-member"),
            (b'{"alg":"none","alg":"ES256"}', "duplicate-member"),
            (b'{"alg":"ES256","jwk":{"x":1,"x":2}}', "duplicate-member"),
            (b'\xef\xbb\xbf{"alg":"ES256"}', "bad-json"),
            ('{"alg":"ES256"}'.encode("utf-16"), "bad-json"),
            (b'{"alg":"ES256"} x', "bad-json"),
            (b'{"alg":"ES256","x":NaN}', "bad-json"),
            (b'{"alg":"ES256","x":"\\ud800"}', "bad-json"),
            (b'{"alg":"ES256","x":' + b"[" * 500 + b"]" * 500 + b"}", "bad-json"),
            (b'{"alg":"ES256","x":' + b"[" * 100_000, "too-large"),
            (b'["ES256"]', "bad-json"),
            (b'"ES256"', "bad-json"),
            (b"", "bad-json"),
            (b"\xff", "bad-json"),
        ],
    )
    def test_what_is_not_one_strict_json_object_is_refused(self, text, code, refused):
        with refused(code):
            parse(text)

    def test_whitespace_within_the_json_is_fine(self):
        assert parse(b' {"alg" : "ES256"}\r\n ').algorithm is by_name("ES256")

    def test_a_header_over_the_limit_is_refused_before_it_is_read(self, refused):
        with refused("too-large"):
            parse_header(b"!" * (MAX_HEADER_SIZE + 1))
        with refused("bad-base64url"):
            parse_header(b"!" * MAX_HEADER_SIZE)

    @given(st.binary(max_size=60) | st.text("ABab01-_=. \n", max_size=12).map(str.encode))
    def test_any_bytes_raise_only_our_error(self, data):
        for encoded in (data, b64url_encode(data)):
            with pytest.raises(VerificationError):
                parse_header(encoded)

    @given(
        st.dictionaries(
            st.sampled_from(["alg", "kid", "crit", "b64", "typ", "jwk", "x5c", "x5u", "x"]),
            st.recursive(
                st.sampled_from(["ES256", "b64", "none", "AAAA", 1, True, None, 1.5]),
                lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("dk"), inner, max_size=1),
                max_leaves=3,
            ),
        )
    )
    def test_any_members_are_a_header_or_raise_our_error(self, members):
        try:
            header = parse(members)
        except VerificationError:
            return
        assert header.algorithm.name == members["alg"]


class TestCache:
    @pytest.mark.parametrize("padding", [0, 4000], ids=["cached", "too long to be cached"])
    def test_what_a_caller_does_to_its_copy_reaches_no_other(self, padding):
        text = json.dumps({"alg": "ES256", "list": [1, {"deep": [2]}], "jwk": {"x": [3]}, "p": "p" * padding}).encode()
        first = parse(text).copy()
        first["list"][1]["deep"].append("changed")
        first["jwk"]["x"].clear()
        first["alg"] = "none"
        second = parse(text).copy()
        assert second["list"] == [1, {"deep": [2]}]
        assert second["jwk"] == {"x": [3]}
        assert second["alg"] == "ES256"

    def test_a_deep_header_is_copied_wherever_in_the_stack_the_caller_is(self):
        header = parse(b'{"alg":"ES256","deep":' + b'[{"a":' * 120 + b"1" + b"}]" * 120 + b"}")

        def at(depth: int) -> dict[str, object]:
            return header.copy() if depth == 0 else at(depth - 1)

        left = sys.getrecursionlimit() - len(inspect.stack(0))
        for depth in (0, left // 2, left - 20):
            copied = at(depth)
            assert json.dumps(copied) == json.dumps(header.parameters)
            assert copied["deep"] is not header.parameters["deep"]

    def test_what_one_caller_understands_another_does_not(self, refused):
        header = {"alg": "ES256", "crit": ["exp"], "exp": 5}
        assert parse(header, frozenset(["exp"]))
        with refused("crit-unknown"):
            parse(header)

    def test_long_headers_are_not_kept(self):
        tracemalloc.start()
        try:
            for number in range(50):
                parse({"alg": "ES256", "kid": f"{number}", "pad": "x" * 40_000})
            assert tracemalloc.get_traced_memory()[0] < 1 << 20
        finally:
            tracemalloc.stop()

    def test_a_refused_header_is_refused_again(self, refused):
        for _ in range(3):
            with refused("alg-none"):
                parse({"alg": "none"})


class TestWritten:
    @pytest.fixture
    def key(self, signers):
        return signers["ES256"].public_key

    def test_it_is_alg_and_kid_then_what_the_caller_adds(self, key):
        header = make_header(key, {"typ": "JWT", "x": (1, 2)})
        assert json_dumps(header) == json_dumps({"alg": "ES256", "kid": key.kid, "typ": "JWT", "x": [1, 2]})

    def test_a_parameter_is_left_out_by_none(self, key):
        assert make_header(key, {"typ": None}) == {"alg": "ES256", "kid": key.kid}

    def test_the_kid_is_the_keys_and_nobody_elses(self, key, refused):
        with refused("header-invalid", InputError):
            make_header(key, {"kid": "mine"})

    def test_ed25519_has_its_fully_specified_name_when_asked(self, signers):
        key = signers["EdDSA"].public_key
        assert make_header(key, {})["alg"] == "EdDSA"
        assert make_header(key, {}, fully_specified=True)["alg"] == "Ed25519"
        assert make_header(signers["ES256"].public_key, {}, fully_specified=True)["alg"] == "ES256"

    @pytest.mark.parametrize("extra", [{"alg": "ES256"}, {"alg": None}, {"b64": True}, {"b64": False}])
    def test_what_the_call_sets_is_not_the_callers(self, key, extra, refused):
        with refused("header-invalid", InputError):
            make_header(key, extra)

    @pytest.mark.parametrize(
        "extra",
        [
            {"crit": []},
            {"crit": "exp", "exp": 1},
            {"crit": ["exp"]},
            {"crit": ["alg"]},
            {"crit": ["exp", "exp"], "exp": 1},
            {"crit": ["b64"]},
            {"kid": 5},
            {"jwk": {"d": "AA"}},
            {"x5c": []},
            {"typ": 5},
            {"crit": [["exp"]]},
            {"crit": {"exp": 1}},
        ],
        ids=repr,
    )
    @pytest.mark.parametrize("b64", [True, False])
    def test_what_a_verifier_would_refuse_is_not_written(self, key, extra, b64, refused):
        if extra == {"crit": []} and not b64:
            extra = {"crit": ["b64"]}
        with refused("header-invalid", InputError):
            make_header(key, extra, b64=b64)

    @pytest.mark.parametrize("extra", [{"x": float("nan")}, {"x": b"bytes"}, {"x": "\ud800"}, {5: 1}], ids=repr)
    def test_what_is_not_json_is_not_written(self, key, extra, refused):
        with refused("json-invalid", InputError):
            make_header(key, extra)

    @pytest.mark.parametrize("crit", [["exp"], ("exp",)])
    def test_what_the_caller_makes_critical_it_implements(self, key, crit):
        assert make_header(key, {"crit": crit, "exp": 1})["crit"] == ["exp"]
        assert make_header(key, {"crit": crit, "exp": 1}, b64=False)["crit"] == ["exp", "b64"]

    def test_an_unencoded_payload_is_critical(self, key):
        header = make_header(key, {}, b64=False)
        assert (header["b64"], header["crit"]) == (False, ["b64"])

    def test_what_the_caller_gave_is_not_changed(self, key):
        extra = {"crit": ["exp"], "exp": 1}
        make_header(key, extra, b64=False)
        assert extra == {"crit": ["exp"], "exp": 1}

    def test_a_header_that_verifiers_refuse_for_its_size_is_not_written(self, refused):
        # base64url makes four characters of three bytes, so this one fills the limit.
        full = {"x": "x" * (MAX_HEADER_SIZE * 3 // 4 - len('{"x":""}'))}
        assert len(encode_header(full)) == MAX_HEADER_SIZE
        with refused("header-invalid", InputError):
            encode_header({"x": full["x"] + "x"})

    def test_a_certificate_chain_has_its_thumbprint(self, key, refused):
        with_chain = PublicKey.of(key.material, x5c=(b"\1\2", b"\3"))
        header = certificate_header(with_chain)
        assert header["x5c"] == [base64.b64encode(b"\1\2").decode(), base64.b64encode(b"\3").decode()]
        assert header["x5t#S256"] == b64url_encode(hashlib.sha256(b"\1\2").digest()).decode()
        make_header(with_chain, header)
        with refused("header-invalid", InputError):
            certificate_header(key)


class TestTyp:
    @pytest.mark.parametrize("typ", ["JWT", "jwt", "application/jwt", "Application/JWT"])
    def test_it_is_compared_as_a_media_type(self, typ):
        check_typ(parse({"alg": "ES256", "typ": typ}), "JWT")
        check_typ(parse({"alg": "ES256", "typ": "JWT"}), typ)

    @pytest.mark.parametrize("header", [{}, {"typ": "at+jwt"}, {"typ": "text/jwt"}, {"typ": ""}, {"typ": " JWT"}])
    def test_another_or_none_is_refused(self, header, refused):
        with refused("typ-mismatch"):
            check_typ(parse({"alg": "ES256", **header}), "JWT")

    @pytest.mark.parametrize(
        "expected", [5, None, (), [None], iter(["JWT"])], ids=["5", "None", "()", "[None]", "iter"]
    )
    def test_what_is_expected_is_text_or_texts(self, expected, refused):
        with refused("usage", InputError):
            check_typ(parse({"alg": "ES256", "typ": "at+jwt"}), expected)

    def test_a_media_type_with_a_slash_is_whole(self):
        assert media_type("text/plain") == "text/plain"
        assert media_type('example;part="1/2"') == 'example;part="1/2"'
