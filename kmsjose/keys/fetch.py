"""Fetch what an https URL gives, or an http URL of this machine, within limits of time, size and place."""

from __future__ import annotations

import os
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.client import HTTPResponse
from pathlib import Path
from typing import Final
from urllib.parse import urljoin

from ..arguments import check_seconds, checked
from ..errors import FetchError, InputError
from .connection import Deadline, ask, connected, told
from .https_url import HttpsURL

__all__ = ["MAX_REDIRECTS", "MAX_SIZE", "TIMEOUT", "Fetched", "fetch"]

#: Seconds for one fetch in all, and bytes of its content, unless the caller says otherwise.
TIMEOUT: Final = 5.0
MAX_SIZE: Final = 1 << 20
MAX_REDIRECTS: Final = 3
#: The longest timeout, in seconds; sockets can't take any number.
_LONGEST: Final = 3600
#: Bytes of an answer's head; besides, the framing of chunks may take as much as the content.
_MAX_HEAD: Final = 1 << 18
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
#: From 500 on, and these: the host may do it later.
_PASSING: Final = frozenset({408, 425, 429})
_OF_INTEREST: Final = ("cache-control", "age", "expires", "date", "etag")
_BUNDLES: Final = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE")


@dataclass(frozen=True, slots=True)
class Fetched:
    """What a URL gave.

    Attributes:
        status: 200; or 304, if the content is that of the entity tag that was given.
        headers: ``cache-control``, ``age``, ``expires``, ``date`` and ``etag``, where they were sent.
        body: The content; of a 304 there is none.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


@checked
def fetch(
    url: str,
    *,
    timeout: float = TIMEOUT,
    max_size: int = MAX_SIZE,
    ca_bundle: str | os.PathLike[str] | None = None,
    etag: str | None = None,
    accept: str = "*/*",
) -> Fetched:
    """GET an https URL (RFC 9110 section 9.3.1), by way of the proxy that the environment names.

    A redirect is followed to the same scheme, host and port. Cookies and credentials are not sent.

    Args:
        url: Of scheme https, or http where the host is 127.0.0.0/8, ::1 or localhost; without user and password.
        timeout: Seconds for all of it: names, connections, redirects and content; at most an hour.
        max_size: Bytes of content.
        ca_bundle: The CAs to trust, a PEM file or a folder as OpenSSL has it; None takes that of ``SSL_CERT_FILE`` or
            ``REQUESTS_CA_BUNDLE``, else the system's.
        etag: The entity tag of what the caller has (RFC 9110 section 13.1.2).
        accept: The media types to ask for.

    Raises:
        InputError: ``usage``: an argument that can't be used, the URL itself for one.
        FetchError: with the code of what went wrong.
    """
    target = HttpsURL.parse(url)
    check_limits(timeout, max_size)
    headers = {"user-agent": "kmsjose", "accept": accept, "accept-encoding": "identity", "connection": "close"}
    if etag is not None:
        headers["if-none-match"] = etag
    if not all(value.isascii() and value.isprintable() for value in headers.values()):
        raise InputError("usage", "etag and accept are text of printable ASCII characters")
    deadline, context = Deadline(timeout), _trusting(ca_bundle) if target.scheme == "https" else None
    for _ in range(MAX_REDIRECTS + 1):
        answer = _get(target, headers, context, deadline, max_size)
        if isinstance(answer, Fetched):
            return answer
        target = answer
    raise FetchError("redirect-refused", f"{target}: there are more than {MAX_REDIRECTS} redirects")


def check_limits(timeout: float, max_size: int) -> None:
    """Refuse limits that `fetch` can't keep.

    Raises:
        InputError: ``usage``.
    """
    check_seconds(_LONGEST, timeout=timeout)
    if max_size < 1:
        raise InputError("usage", "max_size is at least 1 byte")


def _get(
    url: HttpsURL, headers: Mapping[str, str], context: ssl.SSLContext | None, deadline: Deadline, max_size: int
) -> Fetched | HttpsURL:
    """What a URL gives, or the URL that it redirects to."""
    host = url.origin.partition("://")[2]
    with told(str(url)), connected(url, context, deadline) as connection:
        response = ask(connection, "GET", url.target, {"host": host, **headers}, deadline, 2 * max_size + _MAX_HEAD)
        if response.status in _REDIRECTS:
            return _redirected(url, response.headers.get("location", ""))
        if response.status == 200:
            return Fetched(200, _headers(response), _content(url, response, max_size))
        if response.status == 304 and "if-none-match" in headers:
            return Fetched(304, _headers(response), b"")
        raise _bad_status(url, response.status)


def _content(url: HttpsURL, response: HTTPResponse, max_size: int) -> bytes:
    encoding = response.headers.get("content-encoding", "identity").strip().lower()
    if encoding != "identity" or response.headers.get("transfer-encoding", "chunked").strip().lower() != "chunked":
        raise FetchError("bad-content", f"{url}: the content is encoded in a way that was not asked for", status=200)
    if url.scheme == "http" and response.length is None and not response.chunked:
        # Nothing would tell whether it is whole: that its end is the end of the connection, TLS alone vouches for.
        raise FetchError("bad-content", f"{url}: the content comes without its length", status=200)
    body = b"" if (response.length or 0) > max_size else response.read(max_size + 1)
    if (response.length or 0) + len(body) > max_size:
        raise FetchError("too-large", f"{url}: the content is over {max_size} bytes", status=200)
    if response.length:
        raise FetchError("unreachable", f"{url}: the connection was closed too early", retryable=True)
    return body


def _headers(response: HTTPResponse) -> dict[str, str]:
    return {name: ", ".join(values) for name in _OF_INTEREST if (values := response.headers.get_all(name))}


def _redirected(url: HttpsURL, location: str) -> HttpsURL:
    try:
        following = HttpsURL.parse(urljoin(url.whole, location))
    except (InputError, ValueError):
        raise FetchError("redirect-refused", f"{url}: it redirects to what is no https URL") from None
    if following.origin != url.origin:
        raise FetchError("redirect-refused", f"{url}: it redirects to another host or port, {following.origin}")
    return following


def _bad_status(url: HttpsURL, status: int) -> FetchError:
    retryable = status in _PASSING or status >= 500
    return FetchError("bad-status", f"{url}: the answer has status {status}", status=status, retryable=retryable)


def _trusting(ca_bundle: str | os.PathLike[str] | None) -> ssl.SSLContext:
    bundle = ca_bundle or next((os.environ[name] for name in _BUNDLES if os.environ.get(name)), None)
    try:
        if bundle is None:
            return ssl.create_default_context()
        if Path(bundle).is_dir():
            return ssl.create_default_context(capath=bundle)
        return ssl.create_default_context(cafile=bundle)
    except (OSError, ValueError) as error:
        raise FetchError("certificate", f"{bundle} is no bundle of CA certificates that can be read") from error
