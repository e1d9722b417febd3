"""An https URL from which something may be fetched, or an http URL of this machine itself."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import Final
from urllib.parse import urlsplit

from ..errors import InputError

_PORTS: Final = {"https": 443, "http": 80}
#: What may stand in a URL as it is sent; a space or a line end would change the request.
_PRINTABLE: Final = re.compile(r"[!-~]+")
#: A host and a port, matched as a whole: nothing may stand beside an address in brackets (RFC 3986 section 3.2).
_AUTHORITY: Final = re.compile(r"(?:\[(?P<address>[^\[\]]*)\]|(?P<name>[^:\[\]]*))(?::(?P<port>[0-9]{0,5}))?")
_LABEL: Final = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_NAME: Final = re.compile(rf"(?=.{{1,253}}\Z){_LABEL}(?:\.{_LABEL})*")
_MAX_PORT: Final = 65535


@dataclass(frozen=True, slots=True)
class HttpsURL:
    """The parts of an https URL that a request is made of, or of an http URL of a loopback address.

    Its text is without the query, which may hold a secret.

    Args:
        host: A name or an address, in lower case, an IPv6 address without its brackets.
        port: A TCP port.
        target: The path with its query, as it is sent (RFC 9112 section 3.2.1).
        scheme: ``https``; or ``http``, where `host` is this machine.
    """

    host: str
    port: int
    target: str
    scheme: str = "https"

    @classmethod
    def parse(cls, url: str) -> HttpsURL:
        """The parts of a URL (RFC 9110 section 4.2.2).

        Raises:
            InputError: ``usage``: it is no https URL, nor an http URL of 127.0.0.0/8, ::1 or localhost; or it holds a
                user or password.

        >>> str(HttpsURL.parse("https://issuer.example:8443/jwks.json?tenant=7"))
        'https://issuer.example:8443/jwks.json'
        """
        if not isinstance(url, str) or not _PRINTABLE.fullmatch(url):
            raise InputError("usage", "a URL is text of printable ASCII characters, without spaces")
        try:
            parts = urlsplit(url)
        except ValueError:
            raise _no_host() from None
        if parts.scheme not in _PORTS:
            raise _not_https()
        if "@" in parts.netloc:
            raise InputError("usage", "the URL holds a user or password, which is not sent and would end up in logs")
        try:
            host, port = host_and_port(parts.netloc)
        except ValueError:
            raise _no_host() from None
        if parts.scheme == "http" and not is_this_machine(host):
            raise _not_https()
        path = parts.path or "/"
        target = f"{path}?{parts.query}" if parts.query else path
        return cls(host, port or _PORTS[parts.scheme], target, parts.scheme)

    @property
    def authority(self) -> str:
        """Host and port, as a tunnel is asked for (RFC 9112 section 3.2.3)."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def origin(self) -> str:
        """The URL without path and query."""
        return f"{self.scheme}://" + self.authority.removesuffix(f":{_PORTS[self.scheme]}")

    @property
    def whole(self) -> str:
        """The URL with its query."""
        return self.origin + self.target

    def __str__(self) -> str:
        return self.origin + self.target.partition("?")[0]


def host_and_port(authority: str) -> tuple[str, int | None]:
    """The host, in lower case and without brackets, and the port, if there is one, of what a URL has before its path.

    Args:
        authority: Without user and password.

    Raises:
        ValueError: It is no name or address, or no port.

    >>> host_and_port("[2001:DB8::1]:8443")
    ('2001:db8::1', 8443)
    """
    found = _AUTHORITY.fullmatch(authority.lower())
    if found is None:
        raise ValueError
    address, name, digits = found["address"], found["name"], found["port"]
    if not (is_host_name(name) if address is None else _is_ipv6(address)):
        raise ValueError
    port = int(digits) if digits else None
    if port is not None and not 1 <= port <= _MAX_PORT:
        raise ValueError
    return address or name, port


def is_this_machine(host: str) -> bool:
    """Whether a host, in lower case, is one that never leaves this machine: 127.0.0.0/8, ::1 or localhost (RFC 6761).

    >>> [is_this_machine(host) for host in ("127.0.0.1", "::1", "localhost", "127.1", "localhost.example", "0.0.0.0")]
    [True, True, True, False, False, False]
    """
    if host == "localhost":
        return True
    try:
        return IPv6Address(host) == IPv6Address("::1") if ":" in host else IPv4Address(host).is_loopback
    except AddressValueError:
        return False


def is_host_name(text: str) -> bool:
    """Whether it is the name of a host, in ASCII; an underscore may stand where a letter does.

    >>> is_host_name("issuer.example"), is_host_name("-.example")
    (True, False)
    """
    return _NAME.fullmatch(text) is not None


def _not_https() -> InputError:
    return InputError(
        "usage",
        "only an https URL is fetched: keys that come in the clear can be exchanged; http is for 127.0.0.0/8, ::1 and "
        "localhost alone",
    )


def _no_host() -> InputError:
    return InputError("usage", "the URL has a host or port that is none")


def _is_ipv6(host: str) -> bool:
    try:
        return IPv6Address(host).scope_id is None
    except AddressValueError:
        return False
