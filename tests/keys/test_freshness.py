"""How long an answer is fresh, by its headers (RFC 9111 section 4.2)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kmsjose.keys.freshness import lifetime

#: Sun, 06 Nov 1994 08:49:37 GMT, the example of RFC 9110 section 5.6.7.
NOW = 784111777


@pytest.mark.parametrize("headers, seconds", [
    ({}, None),
    ({"cache-control": "public"}, None),
    ({"cache-control": "max-age=600"}, 600),
    ({"cache-control": "MAX-AGE=600"}, 600),
    ({"cache-control": 'private, max-age="600", must-revalidate'}, 600),
    ({"cache-control": "public,max-age=600,s-maxage=9"}, 600),
    ({"cache-control": "s-maxage=9"}, None),
    ({"cache-control": 'x="max-age=1, no-store", max-age=600'}, 600),
    ({"cache-control": "max-age=600", "age": "60"}, 540),
    ({"cache-control": "max-age=600", "age": "6000"}, 0),
    ({"cache-control": "max-age=600", "age": "-60"}, 600),
    ({"cache-control": "max-age=600", "age": "soon"}, 600),
    ({"cache-control": "max-age=600, max-age=60"}, 60),
    ({"cache-control": "max-age"}, 0),
    ({"cache-control": "max-age="}, 0),
    ({"cache-control": "max-age=-1"}, 0),
    ({"cache-control": "max-age=1.5"}, 0),
    ({"cache-control": "max-age=" + "9" * 5000}, 1 << 31),
    ({"cache-control": "no-store, max-age=600"}, 0),
    ({"cache-control": "no-cache"}, 0),
    ({"cache-control": 'max-age=600, no-cache="set-cookie"'}, 0),
    ({"expires": "Sun, 06 Nov 1994 08:50:37 GMT"}, 60),
    ({"expires": "Sun, 06 Nov 1994 08:50:37 GMT", "age": "20"}, 40),
    ({"expires": "Sun, 06 Nov 1994 08:50:37 GMT", "date": "Sun, 06 Nov 1994 08:50:07 GMT"}, 30),
    ({"expires": "Sunday, 06-Nov-94 08:50:37 GMT"}, 60),
    ({"expires": "Sun Nov  6 08:50:37 1994"}, 60),
    ({"expires": "Sun, 06 Nov 1994 08:40:37 GMT"}, 0),
    ({"expires": "Sun, 06 Nov 1994 08:50:37 +9999"}, 0),
    ({"expires": "Sun, 06 Nov 1994 08:50:37 +99999999999"}, 0),
    ({"expires": "Sun, 06 Nov 99999999999 08:50:37 GMT"}, 0),
    ({"expires": "Sun, 06 Nov 1994 08:50:37 GMT", "date": "Sun, 06 Nov 1994 08:50:07 +99999999999"}, 60),
    ({"expires": "0"}, 0),
    ({"expires": "-1"}, 0),
    ({"expires": "Sun, 06 Nov 1994 08:50:37 GMT", "cache-control": "max-age=600"}, 600),
    ({"date": "Sun, 06 Nov 1994 08:50:37 GMT", "age": "7"}, None),
])  # fmt: skip
def test_the_headers_say(headers, seconds):
    assert lifetime(headers, NOW) == seconds


@given(
    st.dictionaries(
        st.sampled_from(["cache-control", "age", "expires", "date"]),
        st.text() | st.from_regex(r"(max-age|no-store|x)(=\"?[0-9a-z\\]*\"?)?(,.*)?"),
    )
)
def test_whatever_they_say_it_is_a_span_of_time(headers):
    assert (lifetime(headers, NOW) or 0) >= 0
