"""Hosts that speak TLS on this machine, and misbehave as they are told; and a proxy that asks who one is."""

from __future__ import annotations

import datetime
import select
import socket
import ssl
import threading
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

#: Seconds after which a server gives up on a client, so that no test leaves a thread behind.
_GIVE_UP = 20


@dataclass(frozen=True)
class Asked:
    """A request."""

    method: str
    target: str
    headers: dict[str, str]


class Authority:
    """A CA, and the certificates that it issues.

    Args:
        folder: Where it keeps its files; ``bundle`` is its own certificate.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _name("authority")
        usage = x509.KeyUsage(*(name in {5, 6} for name in range(9)))
        extensions = ((x509.BasicConstraints(ca=True, path_length=None), True), (usage, True))
        self._certificate = self._certify(self._name, self._key.public_key(), extensions, 1)
        self.bundle = folder / "authority.pem"
        self.bundle.write_bytes(self._certificate.public_bytes(serialization.Encoding.PEM))

    def context(self, *names: str, days: int = 1) -> ssl.SSLContext:
        """What a server of these names or addresses needs; with `days` below 0 its certificate is over."""
        key = ec.generate_private_key(ec.SECP256R1())
        alternatives = x509.SubjectAlternativeName([_general_name(name) for name in names])
        extended = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
        constraints = x509.BasicConstraints(ca=False, path_length=None)
        extensions = ((constraints, True), (alternatives, False), (extended, False))
        certificate = self._certify(_name(names[0]), key.public_key(), extensions, days)
        path = self._folder / f"{certificate.serial_number}.pem"
        pem = serialization.Encoding.PEM
        path.write_bytes(
            key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
            + certificate.public_bytes(pem)
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        return context

    def _certify(self, subject, public_key, extensions, days):
        now = datetime.datetime.now(datetime.UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(public_key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=9))
            .not_valid_after(now + datetime.timedelta(days=days))
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
        )
        for extension, critical in extensions:
            builder = builder.add_extension(extension, critical)
        return builder.sign(self._key, hashes.SHA256())


def response(body: bytes = b"", status: int = 200, **headers: str) -> bytes:
    """An answer; an underscore in a header's name stands for a hyphen."""
    told = {"content-length": str(len(body)), **{name.replace("_", "-"): value for name, value in headers.items()}}
    lines = "".join(f"{name}: {value}\r\n" for name, value in told.items())
    return f"HTTP/1.1 {status} Whatever\r\n{lines}\r\n".encode() + body


@dataclass
class Server:
    """A server; each connection carries one request.

    Attributes:
        port: Where it listens.
        asked: The requests that came.
        answer: What to send for a request, in pieces; a test may change it at any time.
        stopped: Set when the test is over: what waits or sends without end looks at it.
        cuts: Whether it closes the connection without telling so in TLS, as someone between may do.
    """

    port: int
    answer: Callable[[Asked], Iterable[bytes]]
    host: str = "127.0.0.1"
    asked: list[Asked] = field(default_factory=list)
    stopped: threading.Event = field(default_factory=threading.Event)
    cuts: bool = False

    @property
    def url(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"https://{host}:{self.port}/jwks.json"

    def gives(self, *pieces: bytes) -> None:
        """From now on, answer so."""
        self.answer = lambda _asked: pieces

    def drip(self, data: bytes, pause: float = 0.02) -> Iterator[bytes]:
        """Some data, a byte at a time."""
        for byte in data:
            yield bytes([byte])
            self.stopped.wait(pause)

    def endless(self, piece: bytes, head: bytes = b"") -> Iterator[bytes]:
        """A piece again and again, until the client or the test has enough."""
        yield head
        while not self.stopped.is_set():
            yield piece

    def silence(self, *pieces: bytes) -> Iterator[bytes]:
        """Some pieces, and then nothing, without an end."""
        yield from pieces
        self.stopped.wait(_GIVE_UP)


@contextmanager
def serving(
    answer: Callable[[Asked], Iterable[bytes]], context: ssl.SSLContext | None, host: str = "127.0.0.1"
) -> Iterator[Server]:
    """A server for the length of the block; without a context it speaks no TLS."""

    def serve(connection: socket.socket) -> None:
        secure = connection if context is None else context.wrap_socket(connection, server_side=True)
        with secure:
            asked = _read(secure)
            server.asked.append(asked)
            for piece in server.answer(asked):
                secure.sendall(piece)
            if isinstance(secure, ssl.SSLSocket) and not server.cuts:
                secure.unwrap()

    with _listening(serve, host) as (port, stopped):
        server = Server(port, answer, host, stopped=stopped)
        yield server


@dataclass
class Proxy:
    """A forward proxy that opens tunnels.

    Attributes:
        port: Where it listens.
        asked: The requests that came.
        pause: Seconds before each byte that it passes on to the client; 0 passes on whatever there is.
    """

    port: int
    stopped: threading.Event
    asked: list[Asked] = field(default_factory=list)
    pause: float = 0


@contextmanager
def proxying(user: str | None = None) -> Iterator[Proxy]:
    """A proxy for the length of the block.

    Args:
        user: ``user:password`` that it asks for.
    """
    wanted = None if user is None else "Basic " + b64encode(user.encode()).decode()

    def serve(connection: socket.socket) -> None:
        with connection:
            asked = _read(connection)
            proxy.asked.append(asked)
            if asked.headers.get("proxy-authorization") != wanted:
                connection.sendall(response(b"who are you?", 407, proxy_authenticate="Basic"))
                return
            host, _, port = asked.target.rpartition(":")
            with socket.create_connection((host.strip("[]"), int(port)), timeout=_GIVE_UP) as upstream:
                connection.sendall(b"HTTP/1.1 200 Open\r\nvia: proxy\r\n\r\n")
                _relay(connection, upstream, proxy)

    with _listening(serve, "127.0.0.1") as (port, stopped):
        proxy = Proxy(port, stopped)
        yield proxy


def _relay(client: socket.socket, upstream: socket.socket, proxy: Proxy) -> None:
    while not proxy.stopped.is_set():
        ready, _, _ = select.select([client, upstream], [], [], 0.05)
        for source in ready:
            data = source.recv(1 << 14 if not proxy.pause or source is client else 1)
            if not data:
                return
            if source is upstream:
                proxy.stopped.wait(proxy.pause)
            (upstream if source is client else client).sendall(data)


@contextmanager
def _listening(serve: Callable[[socket.socket], None], host: str) -> Iterator[tuple[int, threading.Event]]:
    stopped = threading.Event()
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with ExitStack() as stack:
        listener = stack.enter_context(socket.create_server((host, 0), family=family, backlog=64))
        listener.settimeout(0.02)

        def one(connection: socket.socket) -> None:
            # A client that goes away early is what many tests are about.
            with connection, suppress(OSError, ValueError):
                connection.settimeout(_GIVE_UP)
                serve(connection)

        def accept() -> None:
            while not stopped.is_set():
                with suppress(TimeoutError):
                    connection, _ = listener.accept()
                    threading.Thread(target=one, args=(connection,), daemon=True).start()

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        try:
            yield int(listener.getsockname()[1]), stopped
        finally:
            stopped.set()
            thread.join(_GIVE_UP)


def _read(connection: socket.socket) -> Asked:
    data = b""
    while b"\r\n\r\n" not in data:
        more = connection.recv(4096)
        if not more:
            raise ConnectionError
        data += more
    first, *lines = data.decode("ascii").split("\r\n\r\n")[0].split("\r\n")
    method, target, _ = first.split(" ")
    pairs = (line.split(": ", 1) for line in lines)
    return Asked(method, target, {name.lower(): value for name, value in pairs})


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)
