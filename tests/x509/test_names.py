"""Subjects and other names, as they are written."""

from __future__ import annotations

import pytest
from cryptography import x509
from hypothesis import given
from hypothesis import strategies as st

from kmsjose.errors import InputError
from kmsjose.x509 import name
from kmsjose.x509.names import alternative_names


class TestSubject:
    def test_it_is_written_the_most_specific_part_first(self):
        subject = name("CN=issuer,O=Example\\, Inc.,C=DE")
        assert [attribute.value for attribute in subject] == ["DE", "Example, Inc.", "issuer"]
        assert subject.rfc4514_string() == "CN=issuer,O=Example\\, Inc.,C=DE"

    def test_an_attribute_without_a_name_here_goes_by_its_identifier(self):
        (attribute,) = name("2.5.4.97=VATDE-123456789")
        assert (attribute.oid.dotted_string, attribute.value) == ("2.5.4.97", "VATDE-123456789")

    @pytest.mark.parametrize(
        "text",
        [
            "issuer",
            "CN=",
            "CN=a,",
            "XX=a",
            "C=DEU",
            "CN=" + "x" * 65,
            "CN=a\nb",
            "CN=#0401",
            "CN=a\u202eb",
            "CN=\ud800",
            "/CN=a",
            5,
            None,
            b"CN=a",
        ],
        ids=repr,
    )
    def test_what_is_none(self, text, refused):
        with refused("name-invalid", InputError):
            name(text)

    @given(text=st.text())
    def test_any_text_is_a_name_or_our_error(self, text):
        try:
            name(text)
        except InputError as error:
            assert error.code == "name-invalid"


class TestOtherNames:
    @pytest.mark.parametrize(
        "san, expected",
        [
            ("dns:issuer.example", x509.DNSName("issuer.example")),
            ("dns:*.example", x509.DNSName("*.example")),
            ("dns:xn--mnchen-3ya.example", x509.DNSName("xn--mnchen-3ya.example")),
            ("uri:https://issuer.example/a?b=c#d", x509.UniformResourceIdentifier("https://issuer.example/a?b=c#d")),
            ("uri:did:web:issuer.example", x509.UniformResourceIdentifier("did:web:issuer.example")),
            ("uri:https://[2001:db8::1]/", x509.UniformResourceIdentifier("https://[2001:db8::1]/")),
            ("email:ca@issuer.example", x509.RFC822Name("ca@issuer.example")),
        ],
    )
    def test_each_kind(self, san, expected):
        assert list(alternative_names([san])) == [expected]

    @pytest.mark.parametrize("address", ["192.0.2.1", "2001:db8::1"])
    def test_addresses(self, address):
        (found,) = alternative_names([f"ip:{address}"])
        assert str(found.value) == address

    def test_none_are_no_extension_and_the_same_stands_once(self):
        assert alternative_names([]) is None
        assert len(list(alternative_names(["dns:a.example", "dns:b.example", "dns:a.example"]))) == 2

    @pytest.mark.parametrize(
        "san",
        [
            "issuer.example",
            "DNS:issuer.example",
            "",
            ":",
            "dns:",
            "dns:a b",
            "dns:a\0.example",
            "dns:a\n",
            "dns:münchen.example",
            "dns:a..example",
            "dns:-a.example",
            "dns:*",
            "dns:a.*.example",
            "dns:" + "a" * 64 + ".example",
            "dns:" + "a." * 200 + "example",
            "uri:issuer.example",
            "uri:https://",
            "uri:https:///path",
            "uri:https://a b",
            "uri:https://[::1",
            "uri:javascript:\n",
            "uri:",
            "ip:192.0.2",
            "ip:192.0.2.0/24",
            "ip:fe80::1%eth0",
            "email:nobody",
            "email:@a.example",
            "email:a@",
            "email:A <a@a.example>",
            "email:a@b@c.example",
            "othername:1",
            5,
            None,
        ],
        ids=repr,
    )
    def test_what_is_none(self, san, refused):
        with refused("name-invalid", InputError):
            alternative_names([san])

    @given(kind=st.sampled_from(["dns", "uri", "ip", "email", "x"]), text=st.text())
    def test_any_text_is_a_name_or_our_error(self, kind, text):
        try:
            alternative_names([f"{kind}:{text}"])
        except InputError as error:
            assert error.code == "name-invalid"
