"""Public keys that are of their type, but by which anybody could sign, or no sound signature could be verified.

RFC 8032 section 5.1.3, NIST SP 800-89 section 5.3.3, RFC 7518 section 3.3. Each check is done once, as a key is made.
"""

from __future__ import annotations

from math import gcd, prod
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric import ed25519, rsa

from ..errors import InputError

#: RSA moduli below this are refused (RFC 7518 section 3.3); above the other, a verification would cost too much.
MIN_RSA_BITS: Final = 2048
MAX_RSA_BITS: Final = 16384
# By a larger one OpenSSL verifies slowly, or with a modulus over 3072 bits nothing.
_MAX_EXPONENT_BITS: Final = 64
#: The primes below 752, which SP 800-89 wants tried.
_SMALL_PRIMES: Final = prod(n for n in range(2, 752) if all(n % divisor for divisor in range(2, int(n**0.5) + 1)))

_FIELD: Final = 2**255 - 19
# The y of a point of order 8; the others of small order have its negative, 0, 1 and -1.
_ORDER_8: Final = 0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7
_SMALL_ORDER: Final = frozenset({0, 1, _FIELD - 1, _ORDER_8, _FIELD - _ORDER_8})
#: Bytes of an ML-DSA public key before its t1 (FIPS 204 section 7.2, pkEncode).
_RHO: Final = 32


def check_nothing(_key: object) -> None:
    """Refuse nothing: a point of a curve of prime order is checked as it is loaded."""


def check_rsa_size(bits: int) -> None:
    """Refuse an RSA modulus that is too short or too long.

    Raises:
        InputError: ``key-invalid``.
    """
    if not MIN_RSA_BITS <= bits <= MAX_RSA_BITS:
        raise InputError("key-invalid", f"an RSA key of {bits} bits is not between {MIN_RSA_BITS} and {MAX_RSA_BITS}")


def check_rsa(key: rsa.RSAPublicKey) -> None:
    """Refuse a modulus or exponent with which a signature proves nothing, or can't be verified.

    Raises:
        InputError: ``key-invalid``.
    """
    check_rsa_size(key.key_size)
    numbers = key.public_numbers()
    if gcd(numbers.n, _SMALL_PRIMES) != 1:
        raise InputError("key-invalid", "the RSA modulus has a small factor: anybody could sign by the key")
    if numbers.e.bit_length() > _MAX_EXPONENT_BITS:
        raise InputError("key-invalid", f"the RSA exponent is over {_MAX_EXPONENT_BITS} bits")


def check_ed25519(key: ed25519.Ed25519PublicKey) -> None:
    """Refuse a point of small order, in whatever encoding, and a point that is not in its canonical one.

    Raises:
        InputError: ``key-invalid``.
    """
    # The top bit is the sign of x.
    y = int.from_bytes(key.public_bytes_raw(), "little") & ((1 << 255) - 1)
    if y % _FIELD in _SMALL_ORDER:
        raise InputError("key-invalid", "the Ed25519 key is a point of small order: anybody could sign by it")
    if y >= _FIELD:
        raise InputError("key-invalid", "the Ed25519 key is not in its canonical encoding (RFC 8032 section 5.1.3)")


def check_ml_dsa(key: Any) -> None:
    """Refuse a key whose t1 is zero: then the challenge cancels out of what is verified (FIPS 204 section 6.3).

    Raises:
        InputError: ``key-invalid``.
    """
    if not any(key.public_bytes_raw()[_RHO:]):
        raise InputError("key-invalid", "the ML-DSA key has a t1 of zero: anybody could sign by it")
