"""The proxy that the environment, or the system, names for a URL."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

from ..errors import FetchError
from .https_url import HttpsURL, host_and_port

_PORT: Final = 80


@dataclass(frozen=True, slots=True)
class Proxy:
    """An HTTP proxy.

    Args:
        host: Its name or address.
        port: A TCP port.
        authorization: The header that says who asks, or none; it is in no repr (RFC 7617 section 2).
    """

    host: str
    port: int
    authorization: Mapping[str, str] = field(repr=False)

    def __str__(self) -> str:
        return f"the proxy {self.host}:{self.port}"


def proxy_for(url: HttpsURL) -> Proxy | None:
    """The proxy of ``HTTPS_PROXY``, unless ``NO_PROXY`` exempts the host of the URL.

    Raises:
        FetchError: ``proxy``: it is no http:// URL, or has more than a host, a port, a user and a password.
    """
    written = getproxies().get("https")
    if not written or proxy_bypass(url.host) or proxy_bypass(url.authority):
        return None
    try:
        parts = urlsplit(written if "://" in written else f"http://{written}")
        host, port = host_and_port(parts.netloc.rpartition("@")[2])
    except ValueError:
        raise _refusal() from None
    # What follows the host may be the rest of a password that should have been percent-encoded.
    if parts.scheme != "http" or parts.path not in {"", "/"} or parts.query or parts.fragment:
        raise _refusal()
    return Proxy(host, port or _PORT, _authorization(parts.username, parts.password))


def _refusal() -> FetchError:
    # What is configured may hold a password, so it is not repeated.
    return FetchError("proxy", "the proxy that is configured is no http:// URL of a host alone")


def _authorization(user: str | None, password: str | None) -> dict[str, str]:
    if user is None:
        return {}
    pair = f"{unquote(user)}:{unquote(password or '')}".encode("utf-8", "surrogateescape")
    return {"proxy-authorization": f"Basic {b64encode(pair).decode()}"}
