"""DER to r‖s and back: strict in, fixed width out, low-S where the row asks for it."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from hypothesis import given
from hypothesis import strategies as st

from kmsjose.algorithms import TABLE, Family, by_name
from kmsjose.ecdsa import der_to_raw, raw_to_der

ECDSA = [row for row in TABLE if row.family is Family.ECDSA]
ES256 = by_name("ES256")
N = ES256.curve.group_order


def der(hexadecimal: str) -> bytes:
    return bytes.fromhex(hexadecimal.replace(" ", ""))


@st.composite
def signatures(draw):
    row = draw(st.sampled_from(ECDSA))
    order = row.curve.group_order
    # Small numbers as often as large ones, or no example would be short.
    number = st.one_of(st.integers(1, order - 1), st.integers(1, 2**64), st.integers(order - 2**64, order - 1))
    return row, draw(number), draw(number)


@given(signatures())
def test_the_way_to_raw_and_back_keeps_r_and_s_up_to_low_s(signature):
    row, r, s = signature
    raw = der_to_raw(encode_dss_signature(r, s), row)
    assert len(raw) == row.signature_size
    back_r, back_s = decode_dss_signature(raw_to_der(raw, row))
    assert back_r == r
    order = row.curve.group_order
    assert back_s == (min(s, order - s) if row.low_s else s)


@given(st.sampled_from(ECDSA), st.binary(max_size=200))
def test_any_bytes_are_der_exactly_or_refused(row, data):
    try:
        raw = der_to_raw(data, row)
    except ValueError:
        return
    assert row.low_s or raw_to_der(raw, row) == data


@given(signatures(), st.data())
def test_no_changed_byte_leads_to_the_same_signature(signature, data):
    row, r, s = signature
    good = encode_dss_signature(r, s)
    index = data.draw(st.integers(0, len(good) - 1))
    flipped = bytearray(good)
    flipped[index] ^= data.draw(st.integers(1, 255))
    try:
        raw = der_to_raw(bytes(flipped), row)
    except ValueError:
        return
    # Low-S alone lets two DER signatures have one raw form.
    assert raw != der_to_raw(good, row) or row.low_s


@pytest.mark.parametrize("row", ECDSA, ids=lambda row: row.name)
def test_short_r_and_s_are_padded_on_the_left(row):
    size = row.coordinate_size
    assert der_to_raw(der("3006 020101 020102"), row) == bytes(size - 1) + b"\1" + bytes(size - 1) + b"\2"


def test_s_in_the_upper_half_is_brought_down_for_es256k_alone():
    es256k = by_name("ES256K")
    order = es256k.curve.group_order
    high = encode_dss_signature(5, order - 3)
    assert int.from_bytes(der_to_raw(high, es256k)[32:]) == 3
    assert int.from_bytes(der_to_raw(encode_dss_signature(5, N - 3), ES256)[32:]) == N - 3
    half = order // 2
    assert int.from_bytes(der_to_raw(encode_dss_signature(5, half), es256k)[32:]) == half
    assert int.from_bytes(der_to_raw(encode_dss_signature(5, half + 1), es256k)[32:]) == order - half - 1


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="empty"),
        pytest.param(der("3081 06 020101 020101"), id="BER: the sequence's length in long form"),
        pytest.param(der("3007 02 8101 01 020101"), id="BER: an integer's length in long form"),
        pytest.param(der("3080 020101 020101 0000"), id="BER: indefinite length"),
        pytest.param(der("3007 02020001 020101"), id="r with a needless leading zero"),
        pytest.param(der("3007 020101 02020001"), id="s with a needless leading zero"),
        pytest.param(der("3006 020101 020101 00"), id="a byte after the sequence"),
        pytest.param(der("3007 020101 020101 00"), id="a byte within the sequence"),
        pytest.param(der("3009 020101 020101 020101"), id="a third integer"),
        pytest.param(der("3003 020101"), id="one integer"),
        pytest.param(der("3000"), id="no integer"),
        pytest.param(der("3006 0201ff 020101"), id="negative r"),
        pytest.param(der("3006 020101 0201ff"), id="negative s"),
        pytest.param(der("3006 020100 020101"), id="r is zero"),
        pytest.param(der("3006 020101 020100"), id="s is zero"),
        pytest.param(der("3005 0200 020101"), id="r has no bytes"),
        pytest.param(der("3006 020101 030101"), id="s is a bit string"),
        pytest.param(der("3106 020101 020101"), id="a set"),
        pytest.param(der("3005 020101 020101"), id="the length is too small"),
        pytest.param(der("3006 020101 0201"), id="cut off"),
        pytest.param(encode_dss_signature(N, 1), id="r is the order"),
        pytest.param(encode_dss_signature(1, N), id="s is the order"),
        pytest.param(encode_dss_signature(N + 1, 1), id="r is beyond the order"),
        pytest.param(encode_dss_signature(1, 2**256), id="s is wider than the curve"),
        pytest.param(encode_dss_signature(1, 2**4096), id="s is far wider than the curve"),
        pytest.param(bytes(63) + b"\1", id="already raw"),
    ],
)
def test_what_is_not_strict_der_of_this_curve_is_refused(data):
    with pytest.raises(ValueError):
        der_to_raw(data, ES256)


@pytest.mark.parametrize("row", ECDSA, ids=lambda row: row.name)
@pytest.mark.parametrize("change", [-2, -1, 1, 2])
def test_a_raw_signature_of_another_width_is_refused(row, change):
    with pytest.raises(ValueError):
        raw_to_der(b"\1" * (row.signature_size + change), row)


@pytest.mark.parametrize("row", [row for row in TABLE if row.family is not Family.ECDSA], ids=lambda row: row.name)
def test_a_row_that_is_not_ecdsa_has_no_such_form(row):
    with pytest.raises(ValueError):
        der_to_raw(der("3006 020101 020101"), row)
