"""Certificate chains: what is accepted, and every way in which one is refused."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, mldsa, padding, rsa
from hypothesis import given
from hypothesis import strategies as st

from kmsjose.algorithms import TABLE
from kmsjose.errors import InputError, VerificationError
from kmsjose.keys import (
    Certificate,
    Chain,
    KeySet,
    PublicKey,
    check_chain,
    check_haip,
    check_trust,
    read_anchors,
)
from kmsjose.keys.certificate import MAX_CERTIFICATE_SIZE
from kmsjose.keys.chain import MAX_CERTIFICATES
from kmsjose.keys.trust import MAX_ANCHORS
from tests.pki import NOW, Entity, usage


@pytest.fixture(scope="module")
def root():
    return Entity("root")


@pytest.fixture(scope="module")
def middle():
    return Entity("middle")


@pytest.fixture(scope="module")
def leaf():
    return Entity("leaf")


@pytest.fixture(scope="module")
def key(leaf):
    return PublicKey.of(leaf.key.public_key())


@pytest.fixture(scope="module")
def own(root):
    """The root's certificate of itself."""
    return root.certify(root, usage("key_cert_sign"), ca=True)


@pytest.fixture(scope="module")
def of_middle(root, middle):
    return root.certify(middle, usage("key_cert_sign", "crl_sign"), ca=True)


@pytest.fixture(scope="module")
def of_leaf(middle, leaf):
    return middle.certify(leaf, usage("digital_signature"), ca=False)


def check(key, *certificates):
    check_chain(Chain(certificates), key, at=NOW)


class TestGood:
    def test_a_chain_with_its_root_and_without(self, key, of_leaf, of_middle, own):
        check(key, of_leaf)
        check(key, of_leaf, of_middle)
        check(key, of_leaf, of_middle, own)

    def test_a_leaf_without_any_extension(self, key, middle, leaf, of_middle):
        check(key, middle.certify(leaf), of_middle)

    def test_a_self_signed_leaf(self, key, leaf):
        check(key, leaf.certify(leaf))

    @pytest.mark.parametrize("allowed", ["digital_signature", "content_commitment"])
    def test_a_leaf_whose_key_may_sign(self, key, middle, leaf, of_middle, allowed):
        check(key, middle.certify(leaf, usage(allowed)), of_middle)

    def test_a_leaf_with_a_critical_purpose_which_its_profile_looks_at(self, key, middle, leaf, of_middle):
        purpose = x509.ExtendedKeyUsage([x509.ObjectIdentifier("1.0.18013.5.1.2")])
        check(key, middle.certify(leaf, purpose), of_middle)

    def test_an_extension_that_is_not_critical_is_left_aside(self, key, middle, leaf, of_middle):
        unknown = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\x00")
        check(key, middle.certify(leaf, unknown, critical=False), of_middle)

    @pytest.mark.parametrize("name", [row.name for row in TABLE])
    def test_by_a_ca_of_any_algorithm(self, private_keys, name, leaf, key):
        ca = Entity("ca", private_keys[name])
        check(key, ca.certify(leaf), ca.certify(ca, ca=True))

    def test_a_path_as_long_as_its_cas_allow(self, key, root, middle, leaf, of_leaf):
        of_root, of_middle = root.certify(root, ca=True, path_length=1), root.certify(middle, ca=True, path_length=0)
        check(key, of_leaf, of_middle, of_root)

    def test_a_ca_that_certified_its_own_new_key_counts_once(self, key, leaf):
        old, new = Entity("ca"), Entity("ca")
        renewed = old.certify(new, ca=True)
        check(key, new.certify(leaf), renewed, old.certify(old, ca=True, path_length=0))

    def test_the_first_and_the_last_second_are_in_it(self, key, leaf):
        chain = Chain((leaf.certify(leaf),))
        for moment in (chain.leaf.not_before, chain.leaf.not_after):
            check_chain(chain, key, at=moment)

    def test_an_rsa_key_is_certified_for_each_of_its_algorithms(self, private_keys):
        rsa_leaf = Entity("rsa", private_keys["PS256"])
        chain = Chain((rsa_leaf.certify(rsa_leaf),))
        for alg in ("PS256", "RS512"):
            check_chain(chain, chain.public_key(alg), at=NOW)

    def test_its_key_carries_it_into_a_jwk_and_back(self, of_leaf, of_middle):
        chain = Chain((of_leaf, of_middle))
        (read,) = KeySet.from_jwks(KeySet([chain.public_key(kid="k")]).to_jwks())
        assert Chain.from_der(read.x5c) == chain


class TestForm:
    def test_pem_and_back(self, of_leaf, of_middle):
        chain = Chain((of_leaf, of_middle))
        assert Chain.from_pem(chain.to_pem()) == chain
        assert Chain.from_pem(f"subject=leaf\n{chain.to_pem()}\nissuer=root\n".encode()) == chain
        assert Chain.from_der(chain.to_der()) == chain

    @pytest.mark.parametrize(
        "pem",
        [
            "",
            "garbage",
            "-----BEGIN CERTIFICATE-----\n",
            "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
            "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n",
            b"\xff\xfe",
            "\ud800",
            5,
            None,
        ],
        ids=repr,
    )
    def test_what_is_no_pem_of_certificates(self, pem, refused):
        with refused("certificate-invalid", InputError):
            Chain.from_pem(pem)

    def test_garbage_behind_good_certificates(self, of_leaf, refused):
        with refused("certificate-invalid", InputError):
            Chain.from_pem(
                Chain((of_leaf,)).to_pem() + "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
            )

    def test_a_private_key_beside_them_is_told(self, leaf, of_leaf, refused):
        secret = leaf.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode()
        with refused("key-private", InputError) as caught:
            Chain.from_pem(Chain((of_leaf,)).to_pem() + secret)
        assert secret.splitlines()[1] not in repr(caught.value)

    def test_a_huge_chain_is_refused_before_it_is_read(self, of_leaf, refused):
        many = MAX_CERTIFICATES + 1
        with refused("chain-invalid"):
            Chain.from_der([b"no certificate"] * many)
        with refused("certificate-invalid", InputError):
            Chain.from_pem(Chain((of_leaf,)).to_pem() * 10_000)
        with refused("chain-invalid"):
            Chain((of_leaf,) * many)

    def test_an_empty_chain(self, refused):
        for empty in (lambda: Chain(()), lambda: Chain.from_der([])):
            with refused("chain-invalid"):
                empty()

    @pytest.mark.parametrize(
        "der", [b"", b"\x30\x00", "text", 5, None, bytes(MAX_CERTIFICATE_SIZE + 1)], ids=lambda d: repr(d)[:12]
    )
    def test_what_is_no_certificate(self, der, refused):
        with refused("certificate-invalid"):
            Chain.from_der([der])

    def test_bytes_behind_a_certificate(self, of_leaf, refused):
        with refused("certificate-invalid"):
            Chain.from_der([of_leaf.der + b"\0"])

    def test_an_extension_that_stands_twice(self, of_leaf, refused):
        # The basicConstraints become a second keyUsage, and so the certificate has two of them.
        der = of_leaf.der.replace(bytes.fromhex("0603551d13"), bytes.fromhex("0603551d0f"))
        leaf = Chain.from_der([der]).leaf
        with refused("certificate-invalid"):
            _ = leaf.may_sign

    def test_a_key_of_an_unknown_kind(self, of_leaf, refused):
        der = of_leaf.der.replace(bytes.fromhex("06072a8648ce3d0201"), bytes.fromhex("06072a8648ce3d0277"))
        with refused("certificate-invalid"):
            Chain.from_der([der])

    @given(data=st.binary(max_size=200))
    def test_any_bytes_raise_only_our_errors(self, data):
        for read, error in (
            (lambda: Chain.from_der([data]), VerificationError),
            (lambda: Chain.from_pem(data), InputError),
        ):
            with pytest.raises(error):
                read()

    @given(place=st.integers(min_value=0), value=st.integers(0, 255), at=st.integers(0, 2))
    def test_any_byte_changed_is_refused_or_is_none_that_was_signed(self, of_leaf, of_middle, own, place, value, at):
        der = [one.der for one in (of_leaf, of_middle, own)]
        changed = bytearray(der[at])
        changed[place % len(changed)] = value
        der[at] = bytes(changed)
        try:
            chain = Chain.from_der(der)
            check_trust(chain, [own], at=NOW)
        except VerificationError:
            assert bytes(changed) != (of_leaf, of_middle, own)[at].der
        else:
            # The root in the chain is not needed, since it is trusted from elsewhere.
            for one, original in zip(chain, (of_leaf, of_middle), strict=False):
                assert one.native.tbs_certificate_bytes == original.native.tbs_certificate_bytes

    def test_its_repr_names_the_leaf(self, of_leaf, of_middle):
        assert repr(Chain((of_leaf, of_middle))) == "<Chain of 2: <Certificate of 'CN=leaf' until 2026-06-02>>"


class TestRefused:
    def test_a_chain_of_another_key(self, of_leaf, of_middle, middle, refused):
        with refused("chain-invalid") as caught:
            check(PublicKey.of(Entity("other").key.public_key()), of_leaf, of_middle)
        assert "put it first" not in caught.value.message

    def test_the_wrong_order_which_is_told(self, key, of_leaf, of_middle, own, refused):
        with refused("chain-invalid") as caught:
            check(key, of_middle, of_leaf)
        assert "put it first" in caught.value.message
        with refused("chain-invalid"):
            check(key, of_leaf, own, of_middle)

    def test_a_gap(self, key, of_leaf, own, refused):
        with refused("chain-invalid") as caught:
            check(key, of_leaf, own)
        assert "certificate 1 is not issued by certificate 2" in caught.value.message

    def test_an_issuer_of_the_right_name_and_another_key(self, key, of_leaf, root, refused):
        with refused("chain-invalid"):
            check(key, of_leaf, root.certify(Entity("middle"), ca=True))

    def test_an_issuer_of_the_right_key_and_another_name(self, key, of_leaf, root, middle, refused):
        with refused("chain-invalid"):
            check(key, of_leaf, root.certify(Entity("other", middle.key), ca=True))

    @pytest.mark.parametrize("ca", [None, False])
    def test_an_issuer_that_is_no_ca(self, key, of_leaf, root, middle, ca, refused):
        with refused("chain-invalid") as caught:
            check(key, of_leaf, root.certify(middle, ca=ca))
        assert "certificate 2 is not of a CA" in caught.value.message

    def test_a_leaf_that_issues_for_another_name(self, key, middle, of_middle, leaf, refused):
        # The owner of a good leaf certifies a key of its own.
        victim = Entity("victim")
        with refused("chain-invalid"):
            check(PublicKey.of(victim.key.public_key()), leaf.certify(victim), middle.certify(leaf), of_middle)

    def test_a_ca_that_may_not_sign_certificates(self, key, of_leaf, root, middle, refused):
        with refused("chain-invalid"):
            check(key, of_leaf, root.certify(middle, usage("digital_signature", "crl_sign"), ca=True))

    def test_a_path_longer_than_its_root_allows(self, key, root, of_leaf, of_middle, refused):
        with refused("chain-invalid") as caught:
            check(key, of_leaf, of_middle, root.certify(root, ca=True, path_length=0))
        assert "certificate 3 allows 0 CAs below it, and there would be 1" in caught.value.message

    @pytest.mark.parametrize("allowed", ["key_cert_sign", "key_encipherment"])
    def test_a_leaf_whose_key_may_not_sign(self, key, middle, leaf, of_middle, allowed, refused):
        with refused("chain-invalid"):
            check(key, middle.certify(leaf, usage(allowed)), of_middle)

    @pytest.mark.parametrize("place", [0, 1])
    def test_one_that_has_ended(self, key, root, middle, leaf, place, refused):
        ended = timedelta(seconds=-1)
        chain = (
            middle.certify(leaf, after=ended if place == 0 else timedelta(1)),
            root.certify(middle, ca=True, after=ended if place == 1 else timedelta(1)),
        )
        with refused("certificate-expired") as caught:
            check(key, *chain)
        assert f"certificate {place + 1} ended at 2026-06-01T11:59:59" in caught.value.message

    def test_one_that_has_not_begun(self, key, middle, leaf, of_middle, refused):
        with refused("certificate-not-yet-valid"):
            check(key, middle.certify(leaf, before=timedelta(seconds=-1)), of_middle)

    def test_the_clock_counts_where_no_time_is_given(self, key, leaf, refused):
        long_ago = leaf.certify(leaf, before=timedelta(9000), after=timedelta(-8999))
        with refused("certificate-expired"):
            check_chain(Chain((long_ago,)), key)

    def test_a_time_without_its_zone(self, key, of_leaf, refused):
        with refused("usage", InputError):
            check_chain(Chain((of_leaf,)), key, at=datetime(2026, 6, 1))  # noqa: DTZ001 - that is what is refused

    def test_critical_name_constraints_which_are_not_understood(self, key, root, middle, of_leaf, refused):
        constrained = x509.NameConstraints([x509.DNSName("example.com")], None)
        with refused("chain-invalid") as caught:
            check(key, of_leaf, root.certify(middle, constrained, ca=True))
        assert "2.5.29.30" in caught.value.message

    def test_name_constraints_that_should_have_been_critical(self, key, root, middle, of_leaf, refused):
        constrained = x509.NameConstraints([x509.DNSName("example.com")], None)
        with refused("chain-invalid"):
            check(key, of_leaf, root.certify(middle, constrained, ca=True, critical=False))

    @pytest.mark.parametrize("number", ["1.2.3.4", "1.2" + ".3" * 40])
    def test_a_critical_extension_that_nobody_knows(self, key, middle, leaf, of_middle, number, refused):
        unknown = x509.UnrecognizedExtension(x509.ObjectIdentifier(number), b"\x05\x00")
        with refused("chain-invalid") as caught:
            check(key, middle.certify(leaf, unknown), of_middle)
        assert f"certificate 1 has the extension {number[:64]}, which" in caught.value.message

    def test_a_signature_over_a_broken_hash(self, private_keys, key, leaf, of_leaf, refused):
        ca = Entity("ca", private_keys["RS256"])
        good, weak = ca.certify(leaf), ca.certify(leaf, digest=hashes.SHA224())
        check(key, good, ca.certify(ca, ca=True))
        with refused("chain-invalid"):
            check(key, weak, ca.certify(ca, ca=True))

    @pytest.mark.parametrize(
        "make",
        [
            lambda: rsa.generate_private_key(65537, 1024),
            lambda: ec.generate_private_key(ec.BrainpoolP256R1()),
            lambda: ec.generate_private_key(ec.SECP192R1()),
            lambda: dsa.generate_private_key(2048),
        ],
        ids=["RSA-1024", "brainpool", "P-192", "DSA"],
    )
    def test_a_ca_whose_key_no_algorithm_here_uses(self, key, leaf, make, refused):
        private = make()
        ca = Entity("ca", private)
        digest = hashes.SHA256()
        with refused("chain-invalid"):
            check(key, ca.certify(leaf, digest=digest), ca.certify(ca, ca=True, digest=digest))

    def test_a_broken_signature_of_ml_dsa(self, key, leaf, refused):
        ca = Entity("ca", mldsa.MLDSA44PrivateKey.generate())
        der = bytearray(ca.certify(leaf).der)
        der[-1] ^= 1
        with refused("chain-invalid"):
            check(key, Certificate.from_der(bytes(der)), ca.certify(ca, ca=True))


def by_sha224(ca):
    return ca.certify(ca, usage("key_cert_sign"), ca=True, digest=hashes.SHA224())


def by_sha1(ca):
    """As `by_sha224`, signed again under SHA-1, which the builder does not do."""
    native, prefix = by_sha224(ca).native, bytes.fromhex("06092a864886f70d0101")
    tbs = native.tbs_certificate_bytes.replace(prefix + b"\x0e", prefix + b"\x05")
    signature = ca.key.sign(tbs, padding.PKCS1v15(), hashes.SHA1())
    der = native.public_bytes(serialization.Encoding.DER).replace(prefix + b"\x0e", prefix + b"\x05")
    return Certificate.from_der(der.replace(native.signature, signature))


def by_1024_bits(ca):
    short = Entity(ca.name, rsa.generate_private_key(65537, 1024))
    return short.certify(short, usage("key_cert_sign"), ca=True)


class TestHAIP:
    def test_a_leaf_of_a_ca_without_the_root(self, of_leaf, of_middle):
        check_haip(Chain((of_leaf,)))
        check_haip(Chain((of_leaf, of_middle)))

    def test_a_self_signed_leaf_is_refused(self, leaf, refused):
        with refused("chain-invalid") as caught:
            check_haip(Chain((leaf.certify(leaf),)))
        assert "self-signed" in caught.value.message

    def test_the_root_in_the_chain_is_refused(self, of_leaf, of_middle, own, refused):
        with refused("chain-invalid") as caught:
            check_haip(Chain((of_leaf, of_middle, own)))
        assert "leave it out" in caught.value.message

    @pytest.mark.parametrize("make", [by_sha1, by_sha224, by_1024_bits])
    def test_a_root_is_one_however_weakly_it_signed_itself(self, leaf, private_keys, make, refused):
        ca = Entity("ca", private_keys["RS256"])
        weak = make(ca)
        assert weak.is_self_signed
        assert not weak.is_signed_by(weak)
        with refused("chain-invalid") as caught:
            check_haip(Chain((ca.certify(leaf), weak)))
        assert "leave it out" in caught.value.message

    def test_a_ca_that_certified_its_own_new_key_is_no_root(self, leaf):
        old, new = Entity("ca"), Entity("ca")
        check_haip(Chain((new.certify(leaf), old.certify(new, ca=True))))


class TestTrust:
    def test_an_anchor_behind_the_chain_or_in_it(self, of_leaf, of_middle, own):
        for chain in ((of_leaf, of_middle), (of_leaf, of_middle, own)):
            check_trust(Chain(chain), [own], at=NOW)
        check_trust(Chain((of_leaf, of_middle, own)), [of_middle], at=NOW)
        check_trust(Chain((of_leaf,)), [of_leaf], at=NOW)

    def test_an_anchor_beside_a_chain_that_goes_on_to_another(self, of_leaf, of_middle, root, own):
        elsewhere = Entity("elsewhere")
        check_trust(Chain((of_leaf, of_middle, elsewhere.certify(root, ca=True))), [own], at=NOW)

    def test_what_stands_behind_an_anchor_does_not_count(self, of_leaf, of_middle, root, own, refused):
        ended = root.certify(root, ca=True, after=timedelta(seconds=-1))
        check_trust(Chain((of_leaf, of_middle, ended)), [of_middle], at=NOW)
        check_trust(Chain((of_leaf, of_middle, ended)), [own], at=NOW)
        with refused("certificate-expired"):
            check_trust(Chain((of_leaf, of_middle, ended)), [ended], at=NOW)

    def test_as_many_anchors_are_read_as_are_told(self, own, refused):
        pem = Chain((own,)).to_pem()
        assert len(read_anchors(pem * MAX_ANCHORS)) == MAX_ANCHORS
        with refused("certificate-invalid", InputError):
            read_anchors(pem * (MAX_ANCHORS + 1))

    def test_an_anchor_read_of_pem_among_others(self, of_leaf, of_middle, own):
        other = Entity("other")
        pem = Chain((other.certify(other, ca=True), own)).to_pem()
        check_trust(Chain((of_leaf, of_middle)), read_anchors(pem), at=NOW)

    def test_no_anchor_that_fits(self, of_leaf, of_middle, own, refused):
        other, impostor = Entity("other"), Entity("root")
        for anchors in ([], [other.certify(other, ca=True)], [impostor.certify(impostor, ca=True)]):
            with refused("chain-untrusted"):
                check_trust(Chain((of_leaf, of_middle, own)), anchors, at=NOW)

    def test_a_chain_of_the_attackers_own_making(self, leaf, own, refused):
        false_root = Entity("root")
        with refused("chain-untrusted"):
            check_trust(Chain((false_root.certify(leaf), false_root.certify(false_root, ca=True))), [own], at=NOW)

    def test_a_leaf_that_an_anchor_signed_for_no_signing(self, root, leaf, own, refused):
        with refused("chain-invalid"):
            check_trust(Chain((root.certify(leaf, usage("key_encipherment")),)), [own], at=NOW)

    def test_an_anchor_that_is_no_ca(self, leaf, root, refused):
        with refused("chain-invalid"):
            check_trust(Chain((root.certify(leaf),)), [root.certify(root, ca=False)], at=NOW)

    def test_a_renewed_anchor_serves_beside_the_one_that_has_ended(self, of_leaf, of_middle, root, own, refused):
        ended = root.certify(root, ca=True, after=timedelta(seconds=-1))
        check_trust(Chain((of_leaf, of_middle)), [ended, own], at=NOW)
        with refused("certificate-expired"):
            check_trust(Chain((of_leaf, of_middle)), [ended], at=NOW)


SERVER, SIGNS, ANY = "1.3.6.1.5.5.7.3.1", "1.0.18013.5.1.2", "2.5.29.37.0"


def purposes(*dotted):
    return x509.ExtendedKeyUsage(map(x509.ObjectIdentifier, dotted))


@pytest.mark.parametrize("critical", [True, False])
class TestPurposes:
    """A certificate with extendedKeyUsage is for that alone, whether it is critical or not."""

    @pytest.fixture
    def trust(self, root, middle, leaf, own, critical):
        """Check a chain whose leaf and CA are for these purposes."""

        def check_purposes(of_leaf, of_middle, wanted=()):
            chain = (
                middle.certify(leaf, *map(purposes, of_leaf), ca=False, critical=critical),
                root.certify(middle, *map(purposes, of_middle), ca=True, critical=critical),
            )
            check_trust(Chain(chain), [own], purposes=wanted, at=NOW)

        return check_purposes

    @pytest.mark.parametrize("wanted", [(), (SIGNS,)])
    @pytest.mark.parametrize("of_leaf, of_middle", [([SERVER], []), ([], [SERVER]), ([SIGNS], [SERVER]), ([ANY], [])])
    def test_one_for_another_purpose_is_refused(self, trust, of_leaf, of_middle, wanted, refused):
        with refused("chain-invalid") as caught:
            trust(of_leaf, of_middle, wanted)
        assert "extendedKeyUsage" in caught.value.message

    def test_a_purpose_is_not_told_at_any_length(self, trust, refused):
        with refused("chain-invalid") as caught:
            trust(["1.2." + "3." * 40 + "4"], [])
        assert caught.value.message.startswith(
            f"certificate 1 is for other purposes, {('1.2.' + '3.' * 40)[:64]} for one;"
        )

    def test_a_leaf_for_a_purpose_is_refused_where_none_is_asked_for(self, trust, refused):
        with refused("chain-invalid"):
            trust([SIGNS], [])

    @pytest.mark.parametrize("of_leaf, of_middle", [([SIGNS], []), ([SIGNS], [SIGNS]), ([SIGNS], [ANY]), ([], [ANY])])
    def test_one_of_the_purposes_is_enough(self, trust, of_leaf, of_middle):
        trust(of_leaf, of_middle, {SIGNS, "1.2.3"})

    def test_one_without_purposes_is_for_any(self, trust):
        trust([], [])
        trust([], [ANY])
        trust([], [], [SIGNS])

    def test_one_text_is_no_list_of_purposes(self, trust, refused):
        with refused("usage", InputError):
            trust([SIGNS], [], SIGNS)

    def test_an_anchor_is_held_to_its_purposes_too(self, root, leaf, critical, refused):
        anchor = root.certify(root, purposes(SERVER), ca=True, critical=critical)
        with refused("chain-invalid"):
            check_trust(Chain((root.certify(leaf),)), [anchor], at=NOW)
