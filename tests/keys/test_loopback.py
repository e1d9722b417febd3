"""Plain http, which is for this machine's own addresses: what counts as one, and that nothing leads away from it."""

from __future__ import annotations

import json
import socket

import pytest

from kmsjose import KeySet, RemoteKeys, jwt
from kmsjose.errors import FetchError, InputError
from kmsjose.keys.fetch import fetch
from kmsjose.keys.https_url import HttpsURL
from tests.https import proxying, response, serving

THIS_MACHINE = ["127.0.0.1", "127.0.0.2", "127.255.255.254", "[::1]", "[0:0:0:0:0:0:0:1]", "localhost", "LOCALHOST"]
ELSEWHERE = [
    "issuer.example", "10.0.0.1", "192.168.0.1", "169.254.169.254", "126.255.255.255", "128.0.0.1", "[::]",
    "[::2]", "[::ffff:127.0.0.1]", "[fe80::1]", "127.1", "127.0.0.1.", "127.0.0.01", "0177.0.0.1", "0x7f.0.0.1",
    "0x7f000001", "2130706433", "localhost.", "localhost.example", "127.0.0.1.example", "issuer.localhost", "local",
    "localhost.localdomain", "127.0.0.1%2eexample", "%6cocalhost", "127.0.0.256", "0.0.0.0",  # noqa: S104 - nothing is bound
]  # fmt: skip


def http(server):
    return server.url.replace("https://", "http://")


@pytest.fixture
def plain(signers):
    """A host on this machine that speaks no TLS."""
    jwks = json.dumps(KeySet([signers["ES256"].public_key]).to_jwks()).encode()
    with serving(lambda _asked: [response(jwks)], None) as server:
        yield server


@pytest.mark.parametrize("host", THIS_MACHINE)
def test_what_is_this_machine(host):
    parsed = HttpsURL.parse(f"http://{host}:8000/jwks.json")
    assert (parsed.scheme, parsed.port) == ("http", 8000)
    assert HttpsURL.parse(f"http://{host}").port == 80
    assert HttpsURL.parse(parsed.whole) == parsed
    assert HttpsURL.parse(f"https://{host}").scheme == "https"


@pytest.mark.parametrize("host", ELSEWHERE)
def test_what_is_not_is_refused_before_anything_is_sent(host, refused):
    for url in (f"http://{host}/jwks.json", f"http://{host}:8000", f"HTTP://{host}"):
        for ask in (fetch, RemoteKeys):
            with refused("usage", InputError):
                ask(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1@issuer.example/",
        "http://localhost:80@issuer.example/",
        "http://issuer.example/@127.0.0.1",
        "http://issuer.example#@127.0.0.1/",
        "http://issuer.example?127.0.0.1",
        "http://127.0.0.1\\@issuer.example/",
        "http:127.0.0.1/",
        "http:///127.0.0.1/",
        "ws://127.0.0.1/",
        "ftp://127.0.0.1/",
        "file://127.0.0.1/etc/passwd",
    ],
)
def test_no_spelling_makes_another_host_of_it(url, refused):
    with refused("usage", InputError):
        fetch(url)


def test_keys_are_fetched_and_verify(plain, signers):
    keys = RemoteKeys(http(plain))
    token = jwt.sign({"sub": "alice", "exp": 99999999999}, signers["ES256"])
    assert jwt.verify(token, keys).claims["sub"] == "alice"
    (asked,) = plain.asked
    assert asked.target == "/jwks.json"
    assert asked.headers["host"] == f"127.0.0.1:{plain.port}"


def test_by_its_name(plain):
    assert fetch(f"http://localhost:{plain.port}/").status == 200
    assert plain.asked[0].headers["host"] == f"localhost:{plain.port}"


def test_a_name_that_leads_elsewhere_is_not_followed(plain, monkeypatch, refused):
    """As a hosts file may have it; RFC 6761 section 6.3 says that it never does."""
    asked = []

    def elsewhere(*given, **how):
        asked.append(given)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("192.0.2.1", plain.port))]

    monkeypatch.setattr("socket.getaddrinfo", elsewhere)
    monkeypatch.setattr(socket.socket, "connect", lambda _self, address: pytest.fail(f"connected to {address}"))
    with refused("unreachable", FetchError):
        fetch(f"http://localhost:{plain.port}/", timeout=2)
    assert len(asked) == 1


@pytest.mark.parametrize("name", ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY"])
def test_no_proxy_is_asked(plain, monkeypatch, name):
    with proxying() as proxy:
        monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        assert fetch(http(plain)).status == 200
        assert proxy.asked == []


def test_no_bundle_of_certificates_is_read(plain, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", "/nowhere")
    assert fetch(http(plain)).status == 200


class TestRedirects:
    def test_to_the_same_place_are_followed(self, plain):
        def answer(asked):
            return [response(b"content")] if asked.target == "/b" else [response(status=302, location="/b")]

        plain.answer = answer
        assert fetch(http(plain)).body == b"content"

    @pytest.mark.parametrize(
        "location",
        [
            "http://issuer.example/",
            "https://issuer.example/",
            "//issuer.example/",
            "http://169.254.169.254/latest",
            "http://127.0.0.2:{}/",
            "http://localhost:{}/",
            "http://127.0.0.1:1/",
            "https://127.0.0.1:{}/",
            "http://127.0.0.1@issuer.example:{}/",
        ],
    )
    def test_anywhere_else_are_refused(self, plain, location, refused):
        plain.gives(response(status=302, location=location.format(plain.port)))
        with refused("redirect-refused", FetchError):
            fetch(http(plain))
        assert len(plain.asked) == 1

    def test_from_https_to_http_are_refused(self, host, refused):
        host.gives(response(status=302, location=http(host)))
        with refused("redirect-refused", FetchError):
            fetch(host.url)


class TestContent:
    @pytest.mark.parametrize(
        "pieces",
        [
            [response(b"content")],
            [b"HTTP/1.0 200 OK\r\ncontent-length: 7\r\n\r\ncontent"],
            [b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n7\r\ncontent\r\n0\r\n\r\n"],
        ],
        ids=["length", "HTTP/1.0", "chunks"],
    )
    def test_content_that_tells_its_length_is_taken(self, plain, pieces):
        plain.gives(*pieces)
        assert fetch(http(plain)).body == b"content"

    def test_content_whose_end_nothing_vouches_for_is_refused(self, plain, refused):
        plain.gives(b"HTTP/1.1 200 OK\r\n\r\ncontent")
        with refused("bad-content", FetchError):
            fetch(http(plain))

    @pytest.mark.parametrize(
        "pieces",
        [
            [b"HTTP/1.1 200 OK\r\ncontent-length: 70\r\n\r\ncontent"],
            [b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n7\r\ncontent\r\n"],
        ],
        ids=["length", "chunks"],
    )
    def test_content_that_is_cut_is_refused(self, plain, pieces, refused):
        plain.gives(*pieces)
        with refused("unreachable", FetchError):
            fetch(http(plain))

    def test_more_than_the_limit_is_refused(self, plain, refused):
        plain.gives(response(bytes(11)))
        with refused("too-large", FetchError):
            fetch(http(plain), max_size=10)

    def test_tls_at_the_port_is_no_http(self, host, refused):
        with refused("unreachable", FetchError):
            fetch(http(host))
