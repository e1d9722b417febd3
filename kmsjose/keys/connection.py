"""A connection to a host, by TLS and the environment's proxy, and one HTTP request on it, before a deadline."""

from __future__ import annotations

import io
import socket
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from errno import EAGAIN, EINVAL
from http.client import HTTPException, HTTPResponse, IncompleteRead
from queue import Empty, SimpleQueue
from threading import Thread
from time import monotonic
from typing import Any, Final

from ..errors import FetchError
from .https_url import HttpsURL, is_this_machine
from .proxy import Proxy, proxy_for

#: Bytes that a proxy may send before the tunnel is open.
_MAX_TUNNEL_HEAD: Final = 1 << 16


class Deadline:
    """A point in time at which everything that is waited for ends.

    Each operation of a socket is given what is left as its timeout, so that a host can't gain time byte by byte.

    Args:
        seconds: From now on.
    """

    __slots__ = ("_end",)

    def __init__(self, seconds: float) -> None:
        self._end = monotonic() + seconds

    def left(self) -> float:
        """Seconds that are left, more than none.

        Raises:
            TimeoutError: There are none.
        """
        seconds = self._end - monotonic()
        if seconds <= 0:
            raise TimeoutError
        return seconds


@contextmanager
def connected(url: HttpsURL, context: ssl.SSLContext | None, deadline: Deadline) -> Iterator[socket.socket]:
    """A connection to the host of a URL, closed after the block; for use within `told`.

    Args:
        url: Its host; where it is http, no proxy is asked, whose own loopback address would be another machine's.
        context: For TLS; None for http.
        deadline: For the connection.

    Raises:
        FetchError: ``proxy``, and what `told` raises of the proxy.
    """
    if context is None:
        with _dial(url.host, url.port, deadline, is_this_machine) as connection:
            yield connection
        return
    proxy = proxy_for(url)
    plain = _dial(url.host, url.port, deadline) if proxy is None else _tunnel(proxy, url, deadline)
    with plain:
        plain.settimeout(deadline.left())
        # An end that TLS does not vouch for is none: someone may have cut the answer short (RFC 9112 section 9.8).
        with context.wrap_socket(plain, server_hostname=url.host, suppress_ragged_eofs=False) as secure:
            yield secure


def ask(
    connection: socket.socket,
    method: str,
    target: str,
    headers: Mapping[str, str],
    deadline: Deadline,
    limit: int,
) -> HTTPResponse:
    """Send a request without content, and read the head of its answer (RFC 9112 section 2.1); for use within `told`.

    Args:
        connection: Used for nothing else.
        method: For example ``GET``.
        target: As section 3.2 has it; like `headers`, of printable ASCII.
        headers: Names and values.
        deadline: For this and for what is read of the answer later.
        limit: Bytes of the whole answer, its head and the framing of its content included.

    """
    lines = (f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items()), "", "")
    connection.settimeout(deadline.left())
    connection.sendall("\r\n".join(lines).encode("ascii"))
    answer: Any = _Answer(connection, deadline, limit)
    response = HTTPResponse(answer, method=method)
    response.begin()
    return response


@contextmanager
def told(who: str) -> Iterator[None]:
    """Tell whatever a network does wrong as a FetchError.

    Args:
        who: The host, as a message names it.

    Raises:
        FetchError: ``unreachable``, ``too-slow``, ``too-large``, ``certificate``, ``tls``, ``bad-content``.
    """
    try:
        yield
    except TimeoutError as error:
        raise FetchError("too-slow", f"{who}: there was no whole answer in time", retryable=True) from error
    except ssl.SSLCertVerificationError as error:
        raise FetchError("certificate", f"{who}: {error.verify_message.rstrip('.')}") from error
    except (ssl.SSLEOFError, IncompleteRead):
        # Of IncompleteRead neither text nor arguments are kept: they are what was read.
        raise FetchError("unreachable", f"{who}: the connection was closed too early", retryable=True) from None
    except ssl.SSLError as error:
        raise FetchError("tls", f"{who}: {error.reason or 'the handshake failed'}") from error
    except OSError as error:
        reason = error.strerror or "the connection failed"
        raise FetchError("unreachable", f"{who}: {reason}", retryable=True) from error
    except _TooLongError:
        raise FetchError("too-large", f"{who}: the answer is longer than what is read of one") from None
    except (HTTPException, ValueError):
        # Their texts quote the answer.
        raise FetchError("bad-content", f"{who}: the answer is not HTTP") from None


class _TooLongError(Exception):
    """An answer has more bytes than its limit."""


class _Answer(io.RawIOBase):
    """The bytes that come from a connection, up to a limit and a deadline; HTTPResponse takes it for a socket."""

    def __init__(self, connection: socket.socket, deadline: Deadline, limit: int) -> None:
        self._connection = connection
        self._deadline = deadline
        self._left = limit

    def makefile(self, _mode: str) -> io.BufferedReader:
        """What HTTPResponse asks a socket for."""
        return io.BufferedReader(self)

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read into a buffer."""
        self._connection.settimeout(self._deadline.left())
        count = self._connection.recv_into(buffer)
        self._left -= count
        if self._left < 0:
            raise _TooLongError
        return count


def _dial(
    host: str, port: int, deadline: Deadline, allowed: Callable[[str], bool] = lambda _address: True
) -> socket.socket:
    """A TCP connection to the first allowed address that answers; none may use up the time of those behind it."""
    addresses = [found for found in _resolve(host, port, deadline) if allowed(found[4][0])]
    failure = OSError("the name has no address")
    for tried, (family, kind, protocol, _, address) in enumerate(addresses):
        connection = None
        try:
            connection = socket.socket(family, kind, protocol)
            connection.settimeout(deadline.left() / (len(addresses) - tried))
            connection.connect(address)
        except OSError as error:
            failure = error
            if connection is not None:
                connection.close()
        else:
            return connection
    raise failure


def _resolve(host: str, port: int, deadline: Deadline) -> list[tuple[Any, ...]]:
    """The addresses of a host, asked for in a thread, since the system's resolver knows no deadline."""
    answers: SimpleQueue[list[tuple[Any, ...]] | OSError] = SimpleQueue()

    def resolve() -> None:
        try:
            answers.put(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except OSError as error:
            answers.put(error)
        except UnicodeError:
            answers.put(OSError(EINVAL, "it is no name of a host"))

    try:
        Thread(target=resolve, name="kmsjose-resolve", daemon=True).start()
    except RuntimeError as error:
        raise OSError(EAGAIN, "no thread can be started") from error
    try:
        answer = answers.get(timeout=deadline.left())
    except Empty:
        raise TimeoutError from None
    if isinstance(answer, OSError):
        raise answer
    return answer


def _tunnel(proxy: Proxy, url: HttpsURL, deadline: Deadline) -> socket.socket:
    """A connection to a host through a proxy (RFC 9110 section 9.3.6)."""
    with told(str(proxy)):
        connection = _dial(proxy.host, proxy.port, deadline)
        try:
            headers = {"host": url.authority, **proxy.authorization}
            status = ask(connection, "CONNECT", url.authority, headers, deadline, _MAX_TUNNEL_HEAD).status
            if not 200 <= status < 300:
                raise FetchError(
                    "proxy", f"{proxy} answers with status {status}", status=status, retryable=status >= 500
                )
        except BaseException:
            connection.close()
            raise
    return connection
