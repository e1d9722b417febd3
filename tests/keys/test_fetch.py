"""Fetching a URL: what is sent, what is taken, and how every misbehaviour of a host ends in one error."""

from __future__ import annotations

import gzip
import socket
import threading
import traceback

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kmsjose.errors import FetchError, InputError
from kmsjose.keys.fetch import fetch
from kmsjose.keys.https_url import HttpsURL, host_and_port
from tests.https import proxying, response, serving
from tests.kms.endpoints import free_port

#: Seconds: what a test of a slow host waits.
SHORT = 0.3
CHUNKED = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"


@pytest.fixture
def failed(refused):
    """``with failed(code):`` states that a block raises a FetchError of that code."""
    return lambda code: refused(code, FetchError)


class TestURL:
    @pytest.mark.parametrize("url, host, port, target", [
        ("https://issuer.example", "issuer.example", 443, "/"),
        ("HTTPS://Issuer.Example:8443/a/b?c=d", "issuer.example", 8443, "/a/b?c=d"),
        ("https://issuer.example?c=d", "issuer.example", 443, "/?c=d"),
        ("https://issuer.example/a#fragment", "issuer.example", 443, "/a"),
        ("https://[2001:DB8::1]:9/a", "2001:db8::1", 9, "/a"),
        ("https://10.0.0.1/a%20b", "10.0.0.1", 443, "/a%20b"),
        ("https://issuer.example:1", "issuer.example", 1, "/"),
        ("https://issuer.example:65535/?a?b", "issuer.example", 65535, "/?a?b"),
        ("https://issuer.example:/a", "issuer.example", 443, "/a"),
    ])  # fmt: skip
    def test_its_parts(self, url, host, port, target):
        parsed = HttpsURL.parse(url)
        assert (parsed.host, parsed.port, parsed.target) == (host, port, target)
        assert HttpsURL.parse(parsed.whole) == parsed

    @pytest.mark.parametrize("url", [
        "", "issuer.example", "http://issuer.example/a", "ftp://issuer.example/a", "file:///etc/passwd", "https:///a",
        "https://", "https://issuer.example:0/", "https://issuer.example:65536/", "https://issuer.example:99999/", "https://issuer.example:x/",
        "https://a b/", "https://issuer.example/a b", "https://issuer.example/\r\nhost: x", "https://büro.example/",
        "https://[::1/", "https://[fe80::1%25eth0]/", "https://a..example/", "https://.example/", "https://a\\b/",
        "https://%61.example/",
        "https://good.example[::1]/", "https://[::1].good.example/", "https://[::1]good.example/",
        "https://[10.0.0.1]/", "https://a:443:80/", "https://a:+80/", "https://-a.example/",
        f"https://{'a' * 64}.example/", None, b"https://issuer.example/", 7,
    ])  # fmt: skip
    def test_one_that_cannot_be_used_is_refused_before_anything_is_sent(self, url, refused):
        with refused("usage", InputError):
            fetch(url)

    @pytest.mark.parametrize("url", ["https://user:secret@issuer.example/", "https://user@issuer.example/"])
    def test_one_with_credentials_is_refused_and_they_are_not_repeated(self, url, refused):
        with refused("usage", InputError) as caught:
            fetch(url)
        assert "secret" not in str(caught.value)
        assert "holds a user or password" in caught.value.message

    @pytest.mark.parametrize("query", ["", "?token=secret", "?a?token=secret", "?token=secret?"])
    def test_its_text_is_without_the_query_which_may_be_secret(self, query):
        assert str(HttpsURL.parse(f"https://issuer.example/a{query}")) == "https://issuer.example/a"

    @pytest.mark.parametrize("authority", ["[10.0.0.1]", "[issuer.example]", "[]", "[::1%eth0]", "[::]x", "[[::1]]"])
    def test_only_an_ipv6_address_stands_in_brackets(self, authority):
        with pytest.raises(ValueError, match=r"^$"):
            host_and_port(authority)

    @given(st.text() | st.text().map("https://".__add__))
    def test_any_text_is_a_url_or_one_error_of_ours(self, text):
        try:
            parsed = HttpsURL.parse(text)
        except InputError as error:
            assert error.code == "usage"
        else:
            assert all("!" <= character <= "~" for character in parsed.whole)


class TestAnswer:
    def test_the_content_and_the_headers_that_matter(self, host):
        host.gives(response(b"content", etag='"1"', Cache_Control="max-age=60", x_other="x"))
        fetched = fetch(host.url)
        assert (fetched.status, fetched.body) == (200, b"content")
        assert fetched.headers == {"etag": '"1"', "cache-control": "max-age=60"}
        assert "content" not in repr(fetched)

    def test_headers_that_stand_twice_are_joined(self, host):
        host.gives(b"HTTP/1.1 200 OK\r\ncache-control: private\r\ncache-control: max-age=9\r\n\r\n")
        assert fetch(host.url).headers == {"cache-control": "private, max-age=9"}

    def test_what_is_asked(self, host):
        fetch(host.url + "?a=b", etag='W/"1"', accept="application/json")
        (asked,) = host.asked
        assert (asked.method, asked.target) == ("GET", "/jwks.json?a=b")
        assert asked.headers == {
            "host": f"127.0.0.1:{host.port}",
            "user-agent": "kmsjose",
            "accept": "application/json",
            "accept-encoding": "identity",
            "connection": "close",
            "if-none-match": 'W/"1"',
        }

    @pytest.mark.parametrize("argument", ["etag", "accept"])
    @pytest.mark.parametrize("value", ['"\r\nx: y"', "ü"])
    def test_nothing_that_would_change_the_request_is_sent(self, argument, value, refused):
        with refused("usage", InputError):
            fetch("https://issuer.example", **{argument: value})

    def test_not_modified_is_an_answer_to_an_entity_tag_alone(self, host, failed):
        host.gives(response(status=304, age="7"))
        fetched = fetch(host.url, etag='"1"')
        assert (fetched.status, fetched.headers, fetched.body) == (304, {"age": "7"}, b"")
        with failed("bad-status"):
            fetch(host.url)

    @pytest.mark.parametrize("pieces", [
        [b"HTTP/1.1 200 OK\r\n\r\n", b"con", b"tent"],
        [b"HTTP/1.0 200 OK\r\n\r\n", b"content"],
        [CHUNKED, b"3\r\ncon\r\n", b"4;x=y\r\ntent\r\n", b"0\r\nlater: x\r\n\r\n"],
        [b"HTTP/1.1 100 Continue\r\n\r\n", response(b"content")],
        [response(b"content", content_encoding="identity")],
    ])  # fmt: skip
    def test_every_framing_is_read(self, host, pieces):
        host.gives(*pieces)
        assert fetch(host.url).body == b"content"

    @pytest.mark.parametrize("status, retryable", [
        (201, False), (204, False), (206, False), (400, False), (401, False), (404, False), (408, True), (429, True),
        (500, True), (503, True), (999, True),
    ])  # fmt: skip
    def test_another_status_is_refused_and_says_whether_to_try_again(self, host, failed, status, retryable):
        host.gives(response(b"secret", status))
        with failed("bad-status") as caught:
            fetch(host.url)
        assert (caught.value.status, caught.value.retryable) == (status, retryable)
        assert str(status) in caught.value.message
        assert "secret" not in str(caught.value)

    @pytest.mark.parametrize("answer", [
        b"hello\r\n\r\n", b"\0" * 99, b"HTTP/9.9 200 OK\r\n\r\n", b"HTTP/1.1 2x0 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nx: " + b"y" * 99999, b"HTTP/1.1 200 OK\r\n" + b"x: secret\r\n" * 999 + b"\r\n",
    ])  # fmt: skip
    def test_what_is_not_http_is_refused_and_not_quoted(self, host, failed, answer):
        host.gives(answer)
        with failed("bad-content") as caught:
            fetch(host.url)
        assert "secret" not in "".join(traceback.format_exception(caught.value))


class TestLimits:
    def test_content_of_the_limit_is_taken_and_a_byte_more_is_not(self, host, failed):
        for size, framed in ((100, response(b"x" * 100)), (101, response(b"x" * 101))):
            for answer in (framed, b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * size, CHUNKED + _chunks(size)):
                host.gives(answer)
                if size == 100:
                    assert len(fetch(host.url, max_size=100).body) == 100
                else:
                    with failed("too-large"):
                        fetch(host.url, max_size=100)

    def test_a_length_over_the_limit_is_refused_before_the_content_comes(self, host, failed):
        host.answer = lambda _asked: host.silence(b"HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n")
        with failed("too-large"):
            fetch(host.url)

    @pytest.mark.parametrize("head, piece", [
        (b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 4096),
        (b"HTTP/1.1 200 OK\r\ncontent-length: -7\r\n\r\n", b"x" * 4096),
        (CHUNKED, b"1000\r\n" + b"x" * 4096 + b"\r\n"),
        (CHUNKED + b"-1\r\n", b"x" * 4096),
        (CHUNKED, b"000000000000000000000000000000000000000001\r\nx\r\n"),
        (CHUNKED + b"0\r\n", b"x: y\r\n" * 500),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 100),
    ])  # fmt: skip
    def test_an_answer_without_end_is_left(self, host, failed, head, piece):
        host.answer = lambda _asked: host.endless(piece, head)
        with failed("too-large"):
            fetch(host.url, max_size=1 << 16)

    @pytest.mark.parametrize("encoding", ["gzip", "br", "GZIP", "identity, gzip"])
    def test_compressed_content_is_refused_however_small(self, host, failed, encoding):
        host.gives(response(gzip.compress(bytes(10_000_000)), content_encoding=encoding))
        with failed("bad-content"):
            fetch(host.url)

    def test_an_unknown_transfer_coding_is_refused(self, host, failed):
        host.gives(b"HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, chunked\r\n\r\n")
        with failed("bad-content"):
            fetch(host.url)

    @pytest.mark.parametrize("arguments", [
        {"timeout": 0}, {"timeout": -1}, {"timeout": float("nan")}, {"timeout": float("inf")}, {"max_size": 0},
    ])  # fmt: skip
    def test_limits_that_are_none_are_refused(self, arguments, refused):
        with refused("usage", InputError):
            fetch("https://issuer.example", **arguments)


class TestSlowHosts:
    """The deadline is for all of it: what comes byte by byte would else come to its end."""

    def test_a_head_that_drips(self, host, failed):
        host.answer = lambda _asked: host.drip(response(b"content" * 20))
        with failed("too-slow") as caught:
            fetch(host.url, timeout=SHORT)
        assert caught.value.retryable

    @pytest.mark.parametrize("head, content", [
        (b"HTTP/1.1 200 OK\r\ncontent-length: 200\r\n\r\n", b"x" * 200),
        (b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 200),
        (CHUNKED, b"1\r\nx\r\n" * 40 + b"0\r\n\r\n"),
    ])  # fmt: skip
    def test_content_that_drips(self, host, failed, head, content):
        host.answer = lambda _asked: _after(head, host.drip(content))
        with failed("too-slow"):
            fetch(host.url, timeout=SHORT)

    def test_tls_that_drips(self, host, failed, monkeypatch):
        with proxying() as proxy:
            proxy.pause = 0.01
            monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.port}")
            with failed("too-slow"):
                fetch(host.url, timeout=2 * SHORT)
        assert len(proxy.asked) == 1

    def test_silence_instead_of_an_answer(self, host, failed):
        host.answer = lambda _asked: host.silence()
        with failed("too-slow"):
            fetch(host.url, timeout=SHORT)

    def test_silence_instead_of_a_handshake(self, host, failed):
        with socket.create_server(("127.0.0.1", 0)) as listener, failed("too-slow"):
            fetch(f"https://127.0.0.1:{listener.getsockname()[1]}/", timeout=SHORT)

    def test_redirects_do_not_gain_time(self, host, failed):
        def answer(_asked):
            host.stopped.wait(SHORT / 2)
            return [response(status=302, location="/again")]

        host.answer = answer
        with failed("too-slow"):
            fetch(host.url, timeout=SHORT)

    def test_a_name_server_that_does_not_answer(self, host, failed, monkeypatch):
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: host.stopped.wait(5))
        with failed("too-slow"):
            fetch("https://issuer.example", timeout=SHORT)

    def test_an_address_that_does_not_answer_leaves_time_for_the_next(self, host, monkeypatch):
        with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
            waiting = [_connecting(full) for _ in range(4)]
            found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", full.getsockname()[1]))]
            found += [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", host.port))]
            monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
            assert fetch(host.url, timeout=4 * SHORT).body == b"content"
            for connection in waiting:
                connection.close()


class TestBrokenHosts:
    def test_nobody_listens(self, host, failed):
        with failed("unreachable") as caught:
            fetch(f"https://127.0.0.1:{free_port()}/a?token=secret")
        assert caught.value.retryable
        assert "refused" in caught.value.message
        assert "secret" not in str(caught.value)

    def test_a_name_that_is_not_there(self, host, failed):
        with failed("unreachable"):
            fetch("https://nobody.invalid/")

    @pytest.mark.parametrize("pieces", [
        [],
        [b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf"],
        [CHUNKED, b"64\r\nhalf"],
        [CHUNKED, b"4\r\nhalf\r\n"],
        [CHUNKED, b"zz\r\nhalf\r\n"],
    ])  # fmt: skip
    def test_a_connection_that_is_dropped(self, host, failed, pieces):
        host.gives(*pieces)
        with failed("unreachable") as caught:
            fetch(host.url)
        assert caught.value.retryable
        assert "half" not in "".join(traceback.format_exception(caught.value))

    @pytest.mark.parametrize("pieces", [[b"HTTP/1.1 200 OK\r\n\r\nhalf"], [b"HTTP/1.1 200 OK\r\ncache-control: max"]])
    def test_a_connection_that_is_cut_where_only_its_end_says_that_the_content_is_whole(self, host, failed, pieces):
        host.gives(*pieces)
        host.cuts = True
        with failed("unreachable") as caught:
            fetch(host.url)
        assert caught.value.retryable
        assert "half" not in "".join(traceback.format_exception(caught.value))

    def test_a_host_that_ends_no_tls_is_understood_where_the_length_is_told(self, host):
        host.cuts = True
        assert fetch(host.url).body == b"content"

    def test_a_host_that_speaks_no_tls(self, host, failed):
        with socket.create_server(("127.0.0.1", 0)) as listener:

            def answer():
                connection, _ = listener.accept()
                with connection:
                    connection.recv(4096)
                    connection.sendall(response(b"which language is this?", 400))

            thread = threading.Thread(target=answer)
            thread.start()
            with failed("tls"):
                fetch(f"https://127.0.0.1:{listener.getsockname()[1]}/")
            thread.join()


class TestTrust:
    def test_a_certificate_of_nobody_that_is_trusted(self, host, failed, monkeypatch):
        monkeypatch.delenv("SSL_CERT_FILE")
        with failed("certificate") as caught:
            fetch(host.url)
        assert not caught.value.retryable
        assert host.asked == []

    @pytest.mark.parametrize("name, days", [("other.example", 1), ("127.0.0.1", -1)], ids=["of another", "over"])
    def test_a_certificate_that_is_not_good(self, host, authority, failed, name, days):
        with serving(lambda _asked: [], authority.context(name, days=days)) as server, failed("certificate"):
            fetch(server.url)
        assert server.asked == []

    def test_the_bundle_is_that_of_the_argument_else_of_the_environment(
        self, host, authority, tmp_path, failed, monkeypatch
    ):
        bundle = tmp_path / "bundle.pem"
        bundle.write_bytes(authority.bundle.read_bytes())
        for name in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"):
            monkeypatch.delenv("SSL_CERT_FILE", raising=False)
            monkeypatch.setenv(name, str(bundle))
            fetch(host.url)
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "nothing"))
        with failed("certificate") as caught:
            fetch(host.url)
        assert "nothing" in caught.value.message
        fetch(host.url, ca_bundle=bundle)

    def test_a_folder_without_the_ca_trusts_nobody(self, host, authority, tmp_path, failed):
        with failed("certificate"):
            fetch(host.url, ca_bundle=tmp_path)

    @pytest.mark.parametrize("content", [b"", b"nonsense", b"-----BEGIN CERTIFICATE-----\nAAAA\n"])
    def test_a_bundle_that_is_none(self, host, tmp_path, failed, content):
        path = tmp_path / "bundle.pem"
        path.write_bytes(content)
        with failed("certificate"):
            fetch(host.url, ca_bundle=path)
        assert host.asked == []

    def test_a_name_of_this_machine(self, host):
        assert fetch(f"https://localhost:{host.port}/").body == b"content"

    def test_an_address_of_ipv6(self, host, server_context):
        try:
            with serving(lambda _asked: [response(b"six")], server_context, "::1") as six:
                assert fetch(six.url).body == b"six"
                assert six.asked[0].headers["host"] == f"[::1]:{six.port}"
        except OSError:
            pytest.skip("this machine has no IPv6")


class TestRedirects:
    @pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
    @pytest.mark.parametrize(
        "location", ["/there", "there", "https://127.0.0.1:{port}/there", "//127.0.0.1:{port}/there"]
    )
    def test_to_the_same_host_and_port_are_followed(self, host, status, location):
        to = response(status=status, location=location.format(port=host.port))
        host.answer = lambda asked: [response(b"content") if asked.target == "/there" else to]
        assert fetch(host.url, etag='"1"').body == b"content"
        assert [asked.headers["if-none-match"] for asked in host.asked] == ['"1"', '"1"']

    @pytest.mark.parametrize("location", [
        "http://127.0.0.1:{port}/there", "https://127.0.0.1:1/there", "https://127.0.0.1/there", "//localhost:{port}/a",
        "https://other.example/", "https://user:secret@127.0.0.1:{port}/", "file:///etc/passwd", "https://[",
        "/a b", "",
    ])  # fmt: skip
    def test_anywhere_else_are_refused(self, host, failed, location):
        host.gives(response(status=302, location=location.format(port=host.port)))
        with failed("redirect-refused") as caught:
            fetch(host.url.replace("jwks.json", ""))
        assert "secret" not in str(caught.value)

    def test_without_a_place_are_refused(self, host, failed):
        host.gives(response(status=302))
        with failed("redirect-refused"):
            fetch(host.url)

    def test_three_are_followed_and_a_loop_is_left(self, host, failed):
        def answer(asked):
            count = int(asked.target.removeprefix("/"))
            return [response(b"content") if count == 3 else response(status=302, location=f"/{count + 1}")]

        host.answer = answer
        base = host.url.removesuffix("jwks.json")
        assert fetch(base + "0").body == b"content"
        host.asked.clear()
        with failed("redirect-refused"):
            fetch(base + "-1")
        assert len(host.asked) == 4


class TestProxy:
    """A proxy that the environment names; user and password have what a URL must escape."""

    USER, WRITTEN = "me@home:p@ss:wörd", "me%40home:p%40ss:w%C3%B6rd"

    @pytest.fixture
    def proxy(self, host):
        with proxying(self.USER) as proxy:
            yield proxy

    def test_it_is_asked_for_a_tunnel(self, host, proxy, monkeypatch):
        for name, written in (("HTTPS_PROXY", "http://{}"), ("https_proxy", "http://{}/"), ("HTTPS_PROXY", "{}")):
            monkeypatch.delenv("https_proxy", raising=False)
            monkeypatch.setenv(name, written.format(f"{self.WRITTEN}@127.0.0.1:{proxy.port}"))
            assert fetch(host.url).body == b"content"
            asked = proxy.asked.pop()
            assert (asked.method, asked.target) == ("CONNECT", f"127.0.0.1:{host.port}")
            assert asked.headers["host"] == f"127.0.0.1:{host.port}"
            assert "proxy-authorization" not in host.asked.pop().headers

    @pytest.mark.parametrize("user", ["", "me%40home:wrong-secret@"])
    def test_a_wrong_password_is_told_and_not_repeated(self, host, proxy, failed, monkeypatch, user):
        monkeypatch.setenv("HTTPS_PROXY", f"http://{user}127.0.0.1:{proxy.port}")
        with failed("proxy") as caught:
            fetch(host.url)
        assert (caught.value.status, caught.value.retryable) == (407, False)
        assert f"127.0.0.1:{proxy.port}" in caught.value.message
        told = "".join(traceback.format_exception(caught.value))
        assert "wrong-secret" not in told
        assert "who are you" not in told
        assert host.asked == []

    @pytest.mark.parametrize("exempt", ["127.0.0.1", "*", "other.example, 127.0.0.1:{port}"])
    def test_a_host_of_no_proxy_is_reached_without_it(self, host, proxy, monkeypatch, exempt):
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.port}")
        monkeypatch.setenv("NO_PROXY", exempt.format(port=host.port))
        assert fetch(host.url).body == b"content"
        assert proxy.asked == []

    def test_one_for_http_is_not_asked(self, host, proxy, monkeypatch):
        monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{proxy.port}")
        assert fetch(host.url).body == b"content"

    @pytest.mark.parametrize("written", [
        "https://me:secret@127.0.0.1:1", "socks5://me:secret@127.0.0.1:1", "http://me:secret@127.0.0.1:x",
        "http://me:secret@", "http://[me:secret", "http://me:1/secret@127.0.0.1:1", "me:1/secret@127.0.0.1:1",
        "http://me:1?secret@127.0.0.1:1", "http://me:1#secret@127.0.0.1:1", "http://127.0.0.1:1/secret",
        "http://me@127.0.0.1[secret]", "http://secret_[::1]",
    ])  # fmt: skip
    def test_one_of_another_kind_is_refused_and_not_repeated(self, host, failed, monkeypatch, written):
        monkeypatch.setenv("HTTPS_PROXY", written)
        with failed("proxy") as caught:
            fetch(host.url)
        assert "secret" not in "".join(traceback.format_exception(caught.value))

    def test_one_that_is_not_there_is_named(self, host, failed, monkeypatch):
        port = free_port()
        monkeypatch.setenv("HTTPS_PROXY", f"http://me:secret@127.0.0.1:{port}")
        with failed("unreachable") as caught:
            fetch(host.url)
        assert f"the proxy 127.0.0.1:{port}" in caught.value.message
        assert "secret" not in str(caught.value)

    @pytest.mark.parametrize("answer, code", [
        (b"HTTP/1.1 503 No\r\n\r\n", "proxy"), (b"nonsense\r\n\r\n", "bad-content"), (b"", "unreachable"),
    ])  # fmt: skip
    def test_one_that_does_not_open_the_tunnel(self, host, failed, monkeypatch, answer, code):
        with serving(lambda _asked: [answer], None) as broken:
            monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{broken.port}")
            with failed(code) as caught:
                fetch(host.url)
            assert caught.value.retryable is (code != "bad-content")

    def test_one_that_says_nothing(self, host, failed, monkeypatch):
        with serving(lambda _asked: [], None) as mute:
            mute.answer = lambda _asked: mute.silence()
            monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{mute.port}")
            with failed("too-slow") as caught:
                fetch(host.url, timeout=SHORT)
            assert "the proxy" in caught.value.message

    def test_one_that_pretends_to_be_the_host_is_found_out(self, host, failed, monkeypatch, tmp_path):
        from tests.https import Authority

        context = Authority(tmp_path).context("127.0.0.1")
        with serving(lambda _asked: [response(b"forged")], context) as forger, proxying() as proxy:
            monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.port}")
            with failed("certificate"):
                fetch(forger.url)


@given(answer=st.binary(max_size=200), head=st.sampled_from([b"", b"HTTP/1.1 200 OK\r\n", CHUNKED]))
def test_any_bytes_are_an_answer_or_one_error_of_ours(answer, head):
    from http.client import HTTPResponse

    from kmsjose.keys.connection import told
    from kmsjose.keys.fetch import _content

    left, right = socket.socketpair()
    with left, right:
        left.sendall(head + answer)
        left.shutdown(socket.SHUT_WR)
        try:
            with told("host"):
                received = HTTPResponse(right)
                received.begin()
                _content(HttpsURL.parse("https://host"), received, 100)
        except FetchError as error:
            assert error.code in {"unreachable", "bad-content", "too-large"}


def _chunks(size):
    return b"".join(b"1\r\nx\r\n" for _ in range(size)) + b"0\r\n\r\n"


def _after(head, pieces):
    yield head
    yield from pieces


def _connecting(listener):
    connection = socket.socket()
    connection.setblocking(False)
    connection.connect_ex(listener.getsockname())
    return connection
