"""ECDSA signatures: DER, which primitives and KMS speak, and r‖s of fixed width, which JOSE and COSE carry.

RFC 7518 section 3.4, RFC 9053 section 2.1; DER after RFC 3279 section 2.2.3.
"""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric import ec

from .algorithms import Algorithm


def raw_to_der(signature: bytes, algorithm: Algorithm) -> bytes:
    r"""The DER form of r‖s.

    Args:
        signature: r‖s, each `algorithm.coordinate_size` bytes, big-endian.
        algorithm: An ECDSA row.

    Raises:
        ValueError: The length is not that of the row.

    >>> from .algorithms import by_name
    >>> raw_to_der(bytes(31) + b"\x01" + bytes(31) + b"\x80", by_name("ES256")).hex()
    '300702010102020080'
    """
    size = algorithm.coordinate_size
    if len(signature) != 2 * size:
        raise ValueError("the signature is not r and s of the curve's width")
    body = _integer(signature[:size]) + _integer(signature[size:])
    # The widest, P-521's, has 138 bytes, so a length of more than one byte (X.690 section 8.1.3.5) never has three.
    return (b"\x30%c%b" if len(body) < 0x80 else b"\x30\x81%c%b") % (len(body), body)


def _integer(value: bytes) -> bytes:
    # Written here since it runs for every token, and takes half the time of a way through numbers.
    value = value.lstrip(b"\0")
    if not value or value[0] & 0x80:
        value = b"\0" + value
    return b"\x02%c%b" % (len(value), value)


def der_to_raw(signature: bytes, algorithm: Algorithm) -> bytes:
    """The fixed-width r‖s of a strict DER signature, with s in the lower half where the row asks for it.

    Args:
        signature: DER of ``SEQUENCE { r INTEGER, s INTEGER }``.
        algorithm: An ECDSA row.

    Raises:
        ValueError: It is not strict DER, or r or s is not between 1 and the order of the curve less 1.

    >>> from .algorithms import by_name
    >>> der_to_raw(bytes.fromhex("300702010102020080"), by_name("ES256")).hex().lstrip("0")[:1]
    '1'
    """
    size = algorithm.coordinate_size
    raw = _coordinates(signature, size)
    # Only the strict form comes out the same when it is written again.
    if len(raw) != 2 * size or raw_to_der(raw, algorithm) != signature:
        raise ValueError("the signature is not DER of an r and an s of this curve's width")
    order, r, s = _order(algorithm), int.from_bytes(raw[:size]), int.from_bytes(raw[size:])
    if not (0 < r < order and 0 < s < order):
        raise ValueError("the signature's r or s is not of this curve")
    if algorithm.low_s and s > order // 2:
        return raw[:size] + (order - s).to_bytes(size)
    return raw


def _coordinates(signature: bytes, size: int) -> bytes:
    """r‖s of what may be DER; the caller checks that it was."""
    start = 3 if signature[1:2] == b"\x81" else 2
    end = start + 2 + int.from_bytes(signature[start + 1 : start + 2])
    r, s = signature[start + 2 : end], signature[end + 2 :]
    return r.lstrip(b"\0").rjust(size, b"\0") + s.lstrip(b"\0").rjust(size, b"\0")


def _order(algorithm: Algorithm) -> int:
    curve: ec.EllipticCurve | None = algorithm.curve
    if curve is None:
        raise ValueError("the algorithm is not ECDSA")
    return curve.group_order
