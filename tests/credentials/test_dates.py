"""The dates of a credential."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kmsjose.credentials.dates import Date, dates_of, read_date

from .conftest import V1, V2

ANY = st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), st.lists, max_leaves=3)
NAMES = ("iat", "nbf", "exp", "validFrom", "validUntil", "issuanceDate", "expirationDate")


class TestReadDate:
    @pytest.mark.parametrize(
        "text, read",
        [
            ("2024-01-01T00:00:00Z", "2024-01-01T00:00:00+00:00"),
            ("2024-01-01T00:00:00", "2024-01-01T00:00:00+00:00"),
            ("2024-01-01T00:00:00.25", "2024-01-01T00:00:00.250000+00:00"),
            ("2024-01-01T00:00:00.1234567Z", "2024-01-01T00:00:00.123456+00:00"),
            ("2024-01-01T00:00:00-08:00", "2024-01-01T00:00:00-08:00"),
            ("2024-01-01T00:00:00+23:59", "2024-01-01T00:00:00+23:59"),
            ("2023-12-31T24:00:00Z", "2024-01-01T00:00:00+00:00"),
            ("2023-12-31T24:00:00", "2024-01-01T00:00:00+00:00"),
            ("2024-02-28T24:00:00.000+14:00", "2024-02-29T00:00:00+14:00"),
        ],
    )
    def test_what_is_read(self, text, read):
        assert read_date(text).isoformat() == read

    @pytest.mark.parametrize(
        "text",
        ["2024-01-01T00:00:00", "2024-01-01T24:00:00Z", "2024-01-01T24:00:00.0Z", "2024-01-01T24:00:00"],
    )
    def test_what_is_not_to_be_written(self, text):
        read_date(text)
        with pytest.raises(ValueError, match="zone, or hour 24"):
            read_date(text, strict=True)

    @pytest.mark.parametrize(
        "value",
        [
            None, 5, True, [], {}, b"2024-01-01T00:00:00Z", "", "2024-01-01", "2024-01-01T00:00Z", "2024-01-01T00Z",
            "2024-01-01 00:00:00Z", "2024-01-01t00:00:00z", "20240101T000000Z", "2024-W01-1T00:00:00Z",
            "2024-01-01T00:00:00ZZ", "2024-01-01T00:00:00Z\n", " 2024-01-01T00:00:00Z", "2024-01-01T00:00:00.Z",
            "2024-01-01T00:00:00,5Z", "2024-02-30T00:00:00Z", "2023-02-29T00:00:00Z", "2024-13-01T00:00:00Z",
            "2024-00-01T00:00:00Z", "2024-01-01T25:00:00Z", "2024-01-01T24:00:01Z", "2024-01-01T24:01:00Z",
            "2024-01-01T24:00:00.1Z", "2024-01-01T00:60:00Z", "2024-01-01T00:00:60Z", "2024-01-01T00:00:00+24:00",
            "2024-01-01T00:00:00+10:60", "2024-01-01T00:00:00+1:00", "2024-01-01T00:00:00+0100",
            "2024-01-01T00:00:00+01", "0000-01-01T00:00:00Z", "-0001-01-01T00:00:00Z", "12024-01-01T00:00:00Z",
            "9999-12-31T24:00:00Z", "٢٠٢٤-01-01T00:00:00Z",
        ],
        ids=repr,
    )  # fmt: skip
    def test_what_is_no_date(self, value):
        with pytest.raises(ValueError):
            read_date(value)

    @given(value=ANY | st.from_regex(r"\A\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?\Z"))
    def test_anything_is_a_date_or_a_value_error(self, value):
        try:
            assert read_date(value).tzinfo is not None
        except ValueError:
            with pytest.raises(ValueError):
                read_date(value, strict=True)


class TestDatesOf:
    def test_of_a_2_0_credential_the_claims_and_the_members(self):
        claims = {"@context": [V2], "exp": 5, "iat": 1.5, "validFrom": "1970-01-01T00:00:02Z", "validUntil": "soon"}
        assert dates_of(claims) == (
            Date("iat", "issued", 1.5),
            Date("exp", "ends", 5.0),
            Date("validFrom", "begins", 2.0),
            Date("validUntil", "ends", None),
        )

    def test_of_a_1_1_credential_the_claims_and_the_members_of_vc(self):
        document = {"@context": [V1], "issuanceDate": "1970-01-01T00:00:02", "expirationDate": "1970-01-01T24:00:00Z"}
        assert dates_of({"nbf": 2, "vc": document, "validUntil": "1970-01-01T00:00:00Z"}) == (
            Date("nbf", "begins", 2.0),
            Date("issuanceDate", "begins", 2.0),
            Date("expirationDate", "ends", 86400.0),
        )

    @pytest.mark.parametrize("claims", [{}, {"sub": "alice"}, {"vc": None}, {"vc": []}, {"validUntil": "2020"}])
    def test_of_anything_else_none(self, claims):
        assert dates_of(claims) == ()

    @pytest.mark.parametrize("value", [None, True, "5", 1e30, 1e300, 2**64, [], {}])
    def test_a_claim_that_is_no_numeric_date_has_no_time(self, value):
        assert dates_of({"exp": value}) == (Date("exp", "ends", None),)

    @given(
        claims=st.dictionaries(st.sampled_from(NAMES), ANY),
        document=st.dictionaries(st.sampled_from(NAMES), ANY) | ANY,
        context=st.sampled_from([{}, {"@context": V2}]),
    )
    def test_anything_may_stand_there(self, claims, document, context):
        for date in (*dates_of(claims | context), *dates_of(claims | {"vc": document})):
            assert date.name in NAMES
