"""Whom a certificate is for: the subject as RFC 4514 writes it, and the other names (RFC 5280 section 4.2.1.6)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from cryptography import x509

from ..arguments import checked
from ..errors import InputError
from ..keys.https_url import is_host_name

_LOCAL_PART: Final = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}")
_URI: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[!#$%&'()*+,./0-9:;=?@A-Z\[\]_a-z~-]+")


@checked
def name(text: str) -> x509.Name:
    """A distinguished name (RFC 4514), most specific part first: ``CN=issuer,O=Example,C=DE``.

    CN, OU, O, L, ST, C, STREET, DC and UID are known by these names; any other attribute goes by its object
    identifier: ``2.5.4.97=VATDE-123456789``.

    Raises:
        InputError: ``name-invalid``.
    """
    try:
        return check_name(x509.Name.from_rfc4514_string(text))
    except (ValueError, TypeError, AttributeError) as error:
        raise InputError("name-invalid", "the subject is no distinguished name") from error


def check_name(given: x509.Name) -> x509.Name:
    """A name whose values are text that people can read.

    Raises:
        InputError: ``name-invalid``.
    """
    for attribute in given:
        if not isinstance(attribute.value, str) or not attribute.value.isprintable():
            raise InputError("name-invalid", "the subject holds characters that are not seen")
    return given


def alternative_names(sans: Iterable[str]) -> x509.SubjectAlternativeName | None:
    """The extension of names that are written with their kinds, or None for no names.

    Raises:
        InputError: ``name-invalid``.
    """
    names = [_general_name(san) for san in dict.fromkeys(sans)]
    return x509.SubjectAlternativeName(names) if names else None


def names_of(extensions: x509.Extensions) -> tuple[str, ...]:
    """The other names in a request's or certificate's extensions, with their kinds.

    Raises:
        InputError: ``name-invalid``: one is of another kind, or of no form that is written here.
    """
    try:
        names = extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    found = tuple(_written(one) for one in names)
    alternative_names(found)
    return found


def _written(one: x509.GeneralName) -> str:
    for kind, (made, _) in _KINDS.items():
        if isinstance(one, made):
            return f"{kind}:{one.value}"
    raise InputError("name-invalid", f"a name is of a kind that is not known here: {type(one).__name__}")


def _general_name(san: str) -> x509.GeneralName:
    if not isinstance(san, str):
        raise InputError("name-invalid", "a name beside the subject is text")
    kind, _, value = san.partition(":")
    if kind not in _KINDS:
        raise InputError(
            "name-invalid", f"{san[:80]!r} does not begin with {', '.join(f'{known}:' for known in _KINDS)}"
        )
    _, read = _KINDS[kind]
    try:
        return read(value)
    except ValueError as error:
        raise InputError("name-invalid", f"{san[:80]!r} is no {kind} name: {error}") from error


def _dns(value: str) -> x509.GeneralName:
    if not is_host_name(value.removeprefix("*.")):
        raise ValueError("it is a host name, in ASCII (xn-- for other letters)")
    return x509.DNSName(value)


def _uri(value: str) -> x509.GeneralName:
    if not _URI.fullmatch(value) or ("://" in value and not urlsplit(value).hostname):
        raise ValueError("it is an absolute URI, in ASCII")
    return x509.UniformResourceIdentifier(value)


def _ip(value: str) -> x509.GeneralName:
    if "%" in value:
        raise ValueError("it is an address without a zone")
    return x509.IPAddress(ip_address(value))


def _email(value: str) -> x509.GeneralName:
    local, _, host = value.rpartition("@")
    if not _LOCAL_PART.fullmatch(local) or not is_host_name(host):
        raise ValueError("it is an address such as a@host, in ASCII")
    return x509.RFC822Name(value)


_KINDS: Final[dict[str, tuple[type[x509.GeneralName], Callable[[str], x509.GeneralName]]]] = {
    "dns": (x509.DNSName, _dns),
    "uri": (x509.UniformResourceIdentifier, _uri),
    "ip": (x509.IPAddress, _ip),
    "email": (x509.RFC822Name, _email),
}
