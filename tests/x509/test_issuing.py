"""Certificates: what stands in them, and which are not made."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509 as builders
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtensionOID

from kmsjose import Chain, LocalSigner, with_chain, x509
from kmsjose.errors import InputError
from kmsjose.keys import check_chain, check_haip, check_trust
from tests.pki import NOW, USAGES, Entity, usage

DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def ca():
    return Entity("ca")


@pytest.fixture(scope="module")
def by(ca):
    return LocalSigner(ca.key)


@pytest.fixture(scope="module")
def root(by):
    return x509.self_signed(by, "CN=Root,O=Example", role=x509.CA(1), lifetime=100 * DAY, now=NOW)


@pytest.fixture(scope="module")
def request_(signers):
    return x509.Request.of(signers["ES384"].public_key, "CN=leaf,O=Example", ["uri:https://issuer.example"])


def extension(chain, kind):
    return chain.leaf.native.extensions.get_extension_for_class(kind)


def allowed(chain):
    """What the keyUsage allows; the last two may be asked for only with key agreement."""
    value = extension(chain, builders.KeyUsage).value
    return {one for one in USAGES[:-2] if getattr(value, one)}


class TestSelfSigned:
    def test_it_is_of_its_key_and_by_it(self, signer):
        chain = x509.self_signed(signer, "CN=me", ["dns:me.example"], lifetime=DAY, now=NOW)
        assert len(chain) == 1
        assert chain.leaf.is_self_signed
        check_chain(chain, signer.public_key, at=NOW)
        with_chain(signer, chain, now=NOW)

    def test_a_leaf_may_sign_and_nothing_else(self, by):
        chain = x509.self_signed(by, "CN=me", lifetime=DAY, now=NOW)
        constraints = extension(chain, builders.BasicConstraints)
        assert constraints.critical
        assert not constraints.value.ca
        assert extension(chain, builders.KeyUsage).critical
        assert allowed(chain) == {"digital_signature"}

    def test_a_ca_may_issue_and_nothing_else(self, root):
        constraints = extension(root, builders.BasicConstraints)
        assert constraints.critical
        assert (constraints.value.ca, constraints.value.path_length) == (True, 1)
        assert allowed(root) == {"key_cert_sign", "crl_sign"}

    def test_its_validity_begins_a_little_earlier_in_whole_seconds(self, by):
        now = datetime(2026, 6, 1, 12, 0, 0, 999_999, tzinfo=UTC)
        leaf = x509.self_signed(by, "CN=me", lifetime=DAY, now=now).leaf
        assert (leaf.not_before, leaf.not_after) == (NOW - timedelta(minutes=5), NOW + DAY)

    def test_it_is_valid_now(self, by):
        chain = x509.self_signed(by, "CN=me", lifetime=timedelta(hours=1))
        check_chain(chain, by.public_key)

    def test_its_serial_number_is_random_positive_and_of_at_most_20_bytes(self, by):
        serials = {x509.self_signed(by, "CN=me", lifetime=DAY, now=NOW).leaf.native.serial_number for _ in range(20)}
        assert len(serials) == 20
        assert all(0 < serial < 1 << 159 for serial in serials)

    def test_its_purposes_are_critical(self, by):
        chain = x509.self_signed(by, "CN=me", role=x509.Leaf(("1.0.18013.5.1.2",)), lifetime=DAY, now=NOW)
        purposes = extension(chain, builders.ExtendedKeyUsage)
        assert purposes.critical
        assert [one.dotted_string for one in purposes.value] == ["1.0.18013.5.1.2"]

    @pytest.mark.parametrize(
        "role",
        [x509.Leaf(("sign",)), x509.Leaf((5,)), x509.CA(-1), x509.CA(10), x509.CA(True), x509.CA("1")],
        ids=repr,
    )
    def test_a_role_that_makes_no_sense(self, by, role, refused):
        with refused("usage", InputError):
            x509.self_signed(by, "CN=me", role=role, lifetime=DAY, now=NOW)

    @pytest.mark.parametrize(
        "lifetime", [timedelta(0), -DAY, timedelta(milliseconds=999), timedelta.max, 5, None], ids=repr
    )
    def test_a_lifetime_that_is_none(self, by, lifetime, refused):
        with refused("lifetime-invalid", InputError):
            x509.self_signed(by, "CN=me", lifetime=lifetime, now=NOW)

    @pytest.mark.parametrize(
        "now",
        [datetime(1949, 12, 31, tzinfo=UTC), datetime(1950, 1, 1, tzinfo=UTC), datetime.max.replace(tzinfo=UTC)],
    )
    def test_a_time_that_certificates_do_not_know(self, by, now, refused):
        with refused("lifetime-invalid", InputError):
            x509.self_signed(by, "CN=me", lifetime=DAY, now=now)

    def test_a_ca_without_a_subject(self, by, refused):
        with refused("name-invalid", InputError):
            x509.self_signed(by, "", ["dns:ca.example"], role=x509.CA(), lifetime=DAY, now=NOW)

    def test_without_a_subject_it_would_have_no_issuer(self, by, refused):
        with refused("name-invalid", InputError):
            x509.self_signed(by, "", ["dns:me.example"], lifetime=DAY, now=NOW)


class TestIssued:
    def test_a_leaf_comes_without_the_root_and_is_trusted_by_it(self, by, root, request_, signers):
        chain = x509.issue(by, root, request_, lifetime=DAY, now=NOW)
        assert len(chain) == 1
        check_haip(chain)
        check_chain(chain, signers["ES384"].public_key, at=NOW)
        check_trust(chain, root.certificates, at=NOW)

    def test_by_a_ca_of_every_algorithm_for_a_key_of_every_algorithm(self, signer, request_, signers):
        own = x509.self_signed(signer, "CN=Root", role=x509.CA(), lifetime=DAY, now=NOW)
        asked = x509.read_request(x509.csr(signer, "CN=other"))
        for request in (request_, asked):
            check_trust(x509.issue(signer, own, request, lifetime=DAY, now=NOW), own.certificates, at=NOW)

    def test_by_and_for_a_key_in_kms(self, kmsjose_each_signer):
        ca = kmsjose_each_signer
        own = x509.self_signed(ca, "CN=Root", role=x509.CA(), lifetime=DAY, now=NOW)
        request = x509.read_request(x509.csr(ca, "CN=other"))
        check_trust(x509.issue(ca, own, request, lifetime=DAY, now=NOW), own.certificates, at=NOW)

    def test_an_intermediate_and_what_it_issues(self, by, root, request_, signers):
        middle = signers["EdDSA"]
        asked = x509.Request.of(middle.public_key, "CN=Issuing CA")
        of_middle = x509.issue(by, root, asked, role=x509.CA(0), lifetime=50 * DAY, now=NOW)
        chain = x509.issue(middle, of_middle, request_, lifetime=DAY, now=NOW)
        assert [one.subject.rfc4514_string() for one in chain] == ["CN=leaf,O=Example", "CN=Issuing CA"]
        check_trust(chain, root.certificates, at=NOW)

    def test_the_root_above_an_intermediate_is_left_out(self, by, root, request_, signers):
        asked = x509.Request.of(signers["EdDSA"].public_key, "CN=Issuing CA")
        of_middle = x509.issue(by, root, asked, role=x509.CA(0), lifetime=50 * DAY, now=NOW)
        whole = Chain((*of_middle, *root))
        assert len(x509.issue(signers["EdDSA"], whole, request_, lifetime=DAY, now=NOW)) == 2

    def test_a_leaf_without_a_subject_has_critical_names(self, by, root, signers):
        request = x509.Request.of(signers["ES384"].public_key, "", ["dns:me.example"])
        chain = x509.issue(by, root, request, lifetime=DAY, now=NOW)
        assert extension(chain, builders.SubjectAlternativeName).critical

    def test_a_ca_without_a_name_issues_nothing(self, by, ca, request_, refused):
        nameless = Entity("", ca.key)
        own = Chain((nameless.certify(nameless, ca=True),))
        with refused("name-invalid", InputError):
            x509.issue(by, own, request_, lifetime=timedelta(hours=1), now=NOW)

    def test_it_points_to_its_issuers_key(self, by, root, request_):
        chain = x509.issue(by, root, request_, lifetime=DAY, now=NOW)
        above = extension(root, builders.SubjectKeyIdentifier).value.digest
        assert extension(chain, builders.AuthorityKeyIdentifier).value.key_identifier == above
        assert extension(chain, builders.SubjectKeyIdentifier).value.digest != above

    def test_an_identifier_of_the_cas_own_choice_is_repeated(self, by, ca, request_):
        chosen = builders.SubjectKeyIdentifier(b"chosen")
        chain = Chain((ca.certify(ca, chosen, ca=True, critical=False),))
        issued = x509.issue(by, chain, request_, lifetime=timedelta(hours=1), now=NOW)
        assert extension(issued, builders.AuthorityKeyIdentifier).value.key_identifier == b"chosen"

    def test_a_ca_without_an_identifier_has_one_by_its_key(self, by, ca, root, request_):
        issued = x509.issue(by, Chain((ca.certify(ca, ca=True),)), request_, lifetime=timedelta(hours=1), now=NOW)
        above = extension(root, builders.SubjectKeyIdentifier).value.digest
        assert extension(issued, builders.AuthorityKeyIdentifier).value.key_identifier == above

    def test_the_names_of_a_request_are_certified_and_may_be_replaced(self, by, root, request_):
        chain = x509.issue(by, root, request_, lifetime=DAY, now=NOW)
        names = extension(chain, builders.SubjectAlternativeName)
        assert not names.critical
        assert list(names.value) == [builders.UniformResourceIdentifier("https://issuer.example")]
        changed = replace(request_, subject=x509.name("CN=other"), sans=())
        other = x509.issue(by, root, changed, lifetime=DAY, now=NOW)
        assert other.leaf.subject == x509.name("CN=other")
        with pytest.raises(builders.ExtensionNotFound):
            extension(other, builders.SubjectAlternativeName)

    def test_a_request_that_asks_to_be_a_ca_becomes_none(self, by, root, private_keys):
        builder = builders.CertificateSigningRequestBuilder().subject_name(x509.name("CN=sly"))
        builder = builder.add_extension(builders.BasicConstraints(ca=True, path_length=None), critical=True)
        builder = builder.add_extension(usage("key_cert_sign"), critical=True)
        pem = builder.sign(private_keys["ES256"], hashes.SHA256()).public_bytes(Encoding.PEM)
        request = x509.read_request(pem)
        chain = x509.issue(by, root, request, lifetime=DAY, now=NOW)
        assert not chain.leaf.is_ca
        assert allowed(chain) == {"digital_signature"}
        assert {one.oid for one in chain.leaf.native.extensions} == {
            ExtensionOID.SUBJECT_KEY_IDENTIFIER,
            ExtensionOID.AUTHORITY_KEY_IDENTIFIER,
            ExtensionOID.BASIC_CONSTRAINTS,
            ExtensionOID.KEY_USAGE,
        }

    def test_it_begins_not_before_its_ca(self, by, root, request_):
        leaf = x509.issue(by, root, request_, lifetime=DAY, now=NOW - timedelta(minutes=4)).leaf
        assert leaf.not_before == root.leaf.not_before

    def test_it_may_end_with_its_ca_and_not_later(self, by, root, request_, refused):
        assert x509.issue(by, root, request_, lifetime=100 * DAY, now=NOW).leaf.not_after == root.leaf.not_after
        with refused("lifetime-invalid", InputError) as caught:
            x509.issue(by, root, request_, lifetime=100 * DAY + timedelta(seconds=1), now=NOW)
        assert str(root.leaf.not_after) in caught.value.message


class TestRefusedIssuing:
    """Nothing is signed: the CA's signer would have to be asked, and KMS with it."""

    @pytest.fixture
    def never(self, by):
        class Never:
            public_key = by.public_key

            def sign(self, message):
                raise AssertionError("it was asked to sign")

            sign_prehashed = sign

        return Never()

    def test_a_chain_of_another_key(self, signers, root, request_, refused):
        with refused("chain-invalid", InputError):
            x509.issue(signers["ES256"], root, request_, lifetime=DAY, now=NOW)

    @pytest.mark.parametrize(
        "options",
        [{"ca": None}, {"ca": False}],
        ids=repr,
    )
    def test_a_certificate_that_is_no_cas(self, never, ca, request_, options, refused):
        with refused("chain-invalid", InputError):
            x509.issue(never, Chain((ca.certify(ca, **options),)), request_, lifetime=timedelta(hours=1), now=NOW)

    def test_a_ca_that_may_not_sign_certificates(self, never, ca, request_, refused):
        chain = Chain((ca.certify(ca, usage("digital_signature"), ca=True),))
        with refused("chain-invalid", InputError):
            x509.issue(never, chain, request_, lifetime=timedelta(hours=1), now=NOW)

    def test_a_ca_below_one_that_allows_none(self, never, ca, request_, refused):
        chain = Chain((ca.certify(ca, ca=True, path_length=0),))
        with refused("chain-invalid", InputError):
            x509.issue(never, chain, request_, role=x509.CA(), lifetime=timedelta(hours=1), now=NOW)

    def test_a_ca_whose_own_chain_is_broken(self, never, ca, request_, refused):
        other = Entity("other")
        chain = Chain((ca.certify(ca, ca=True), other.certify(other, ca=True)))
        with refused("chain-invalid", InputError):
            x509.issue(never, chain, request_, lifetime=timedelta(hours=1), now=NOW)

    def test_a_ca_whose_certificate_has_ended(self, never, root, request_, refused):
        with refused("certificate-expired", InputError):
            x509.issue(never, root, request_, lifetime=DAY, now=NOW + 101 * DAY)

    def test_the_name_of_the_ca_itself(self, never, root, request_, refused):
        with refused("name-invalid", InputError):
            x509.issue(never, root, replace(request_, subject=root.leaf.subject), lifetime=DAY, now=NOW)

    def test_a_ca_without_a_subject(self, never, root, request_, refused):
        with refused("name-invalid", InputError):
            x509.issue(never, root, replace(request_, subject=x509.name("")), role=x509.CA(), lifetime=DAY, now=NOW)
