"""What a certificate allows its key: to sign tokens, or to issue certificates (RFC 5280 section 4.2.1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from cryptography import x509

from ..errors import InputError

_NOTHING: Final = dict.fromkeys(
    (
        "digital_signature",
        "content_commitment",
        "key_encipherment",
        "data_encipherment",
        "key_agreement",
        "key_cert_sign",
        "crl_sign",
        "encipher_only",
        "decipher_only",
    ),
    False,
)


@dataclass(frozen=True, slots=True)
class Leaf:
    """The key signs tokens, messages and credentials.

    Args:
        purposes: Object identifiers of the purposes that the key is for, and for nothing else (RFC 5280 section
            4.2.1.12): ``1.0.18013.5.1.2`` signs mdocs.
    """

    purposes: tuple[str, ...] = ()

    #: How many CAs such a certificate adds to a path.
    depth = 0

    def extensions(self) -> list[x509.ExtensionType]:
        """Its critical extensions.

        Raises:
            InputError: ``usage``: a purpose is no object identifier.
        """
        found: list[x509.ExtensionType] = [
            x509.BasicConstraints(ca=False, path_length=None),
            x509.KeyUsage(**{**_NOTHING, "digital_signature": True}),
        ]
        return [*found, x509.ExtendedKeyUsage(map(_identifier, self.purposes))] if self.purposes else found


@dataclass(frozen=True, slots=True)
class CA:
    """The key issues certificates and revocation lists.

    Args:
        path_length: How many CAs may stand between this one and a leaf; None sets no limit.
    """

    path_length: int | None = 0

    #: How many CAs such a certificate adds to a path.
    depth = 1

    def extensions(self) -> list[x509.ExtensionType]:
        """Its critical extensions.

        Raises:
            InputError: ``usage``: the path length is no number from 0 to 9.
        """
        length = self.path_length
        if length is not None and (type(length) is not int or not 0 <= length <= 9):
            raise InputError("usage", "a path length is a number from 0 to 9, or None")
        return [
            x509.BasicConstraints(ca=True, path_length=length),
            x509.KeyUsage(**{**_NOTHING, "key_cert_sign": True, "crl_sign": True}),
        ]


Role = Leaf | CA


def _identifier(dotted: str) -> x509.ObjectIdentifier:
    try:
        return x509.ObjectIdentifier(dotted)
    except (ValueError, TypeError):
        raise InputError("usage", f"{str(dotted)[:40]!r} is no object identifier such as 1.0.18013.5.1.2") from None
