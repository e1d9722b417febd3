"""The forms that a registered header parameter may have, as read and as written."""

from __future__ import annotations

import pytest

from kmsjose import cose, cwt
from kmsjose.cbor import Tag, cbor_map, loads, untagged
from kmsjose.cose import Label
from kmsjose.errors import InputError

ONE, TWO = b"0\x01leaf", b"0\x02root"


@pytest.fixture
def es256(signers):
    return signers["ES256"]


@pytest.mark.parametrize("label", [Label.X5CHAIN, Label.X5BAG])
class TestCertificates:
    """RFC 9360 section 2 (COSE_X509): one alone, two and more in an array. An array of one is read, never written."""

    @pytest.mark.parametrize("value", [ONE, [ONE], [ONE, TWO], [ONE, ONE], [ONE] * 11])
    def test_one_or_several_are_read_as_they_stand(self, es256, trusted, forge1, header_of, label, value):
        within = forge1(es256, {**header_of(es256), label: value})
        assert cose.verify1(within, trusted).protected[label] == value
        beside = forge1(es256, header_of(es256), {label: value})
        assert cose.verify1(beside, trusted).unprotected[label] == value

    @pytest.mark.parametrize("value", [
        [], [[ONE]], [[ONE, TWO]], [ONE, None], [None], [1], ["MIIB"], "MIIB", 1, None, True, {}, {0: ONE}, [{0: ONE}],
        [ONE, [TWO]], [Tag(24, ONE)],
    ])  # fmt: skip
    def test_what_holds_no_certificates_is_refused(self, es256, trusted, forge1, header_of, refused, label, value):  # noqa: PLR0917
        with refused("bad-header"):
            cose.verify1(forge1(es256, {**header_of(es256), label: value}), trusted)
        with refused("bad-header"):
            cose.verify1(forge1(es256, header_of(es256), {label: value}), trusted)
        if value is not None:
            with refused("header-invalid", InputError):
                cose.sign1(b"x", es256, protected={label: value})

    @pytest.mark.parametrize("value, written", [
        (ONE, ONE), ([ONE], ONE), ((ONE,), ONE), ([ONE, TWO], [ONE, TWO]), ((ONE, TWO), [ONE, TWO]),
    ])  # fmt: skip
    def test_one_is_written_alone_in_every_message(self, es256, signers, trusted, label, value, written):
        given = {label: value}
        for bucket in ("protected", "unprotected"):
            message = cose.sign1(b"x", es256, **{bucket: given})
            assert getattr(cose.verify1(message, trusted), bucket)[label] == written
            token = cwt.sign({"exp": 2**33}, es256, **{bucket: given})
            assert getattr(cwt.verify(token, trusted), bucket)[label] == written
            several = cose.sign(b"x", [es256], **{bucket: given})
            assert getattr(cose.verify(several, trusted), bucket)[label] == written
            envelope = cose.sign_hash_envelope(b"x", es256, **{bucket: given})
            assert getattr(cose.verify_hash_envelope(envelope, trusted, b"x"), bucket)[label] == written
            countersigned = cose.countersign(message, signers["EdDSA"], **{bucket: given})
            protected, unprotected, _ = loads(untagged(countersigned)[1])[1][Label.COUNTERSIGNATURE]
            assert {**cbor_map(protected), **unprotected}[label] == written
