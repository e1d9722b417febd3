"""What a KMS does for this package, whoever answers: the embedded KMS, ministack over HTTP, or AWS itself."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from typing import Any, ClassVar
from unittest.mock import ANY

import pytest

from kmsjose import KeySet, KMSError, KMSSigner, LocalSigner, cose, cwt, jws, jwt, kms
from kmsjose.algorithms import TABLE
from kmsjose.errors import InputError
from kmsjose.kms.calls import region_of
from kmsjose.kms.identifiers import Arn
from kmsjose.kms.making import REQUEST


class KMSContract:
    """Subclass it, and give it these fixtures.

    ``client`` and ``elsewhere``, a client of another region of the same KMS; and ``key``: the ARN of a key of an
    algorithm.
    """

    #: What the endpoint does not do, each by name and with its reason: "alg:X", or a word that a test asks for.
    lacks: ClassVar[dict[str, str]] = {}

    def need(self, what: str) -> None:
        """Leave a test out where the endpoint lacks what it is about."""
        if what in self.lacks:
            pytest.skip(f"{what}: {self.lacks[what]}")

    @pytest.fixture
    def fresh(self, client: Any) -> str:
        """The ARN of a key that no other test touches."""
        return kms.create_key(client, "ES256")

    @pytest.fixture(params=[row.name for row in TABLE])
    def signer(self, request: pytest.FixtureRequest, client: Any, key: Callable[[str], str]) -> KMSSigner:
        """A signer of every algorithm in turn."""
        self.need(f"alg:{request.param}")
        return KMSSigner.open(client, key(request.param), request.param)

    # signing

    def test_a_jwt_of_every_algorithm_verifies_locally(self, signer):
        token = jwt.sign({"iss": "https://issuer.example"}, signer, lifetime=timedelta(minutes=5))
        keys = KeySet.from_jwks(KeySet([signer.public_key]).to_jwks())
        assert jwt.verify(token, keys).key == signer.public_key

    def test_a_large_payload_is_signed_detached_or_refused_before_any_call(self, signer):
        payload = bytes(range(256)) * 4096
        if signer.public_key.algorithm.message_type == "RAW":
            with pytest.raises(InputError) as caught:
                jws.sign(BytesIO(payload), signer, detached=True)
            assert caught.value.code == "message-too-large"
            return
        token = jws.sign(BytesIO(payload), signer, detached=True)
        jws.verify(token, KeySet([signer.public_key]), payload=BytesIO(payload))

    def test_a_cose_message_of_every_algorithm_verifies_locally(self, signer):
        keys = KeySet.from_cose_keyset(KeySet([signer.public_key]).to_cose_keyset())
        for options in ({}, {"tag": False}, {"fully_specified": True}, {"external_aad": b"context"}):
            aad = options.get("external_aad", b"")
            verified = cose.verify1(cose.sign1(b"payload", signer, **options), keys, external_aad=aad)
            assert (verified.payload, verified.key) == (b"payload", signer.public_key)
        token = cwt.sign({"iss": "coap://as.example"}, signer, lifetime=timedelta(minutes=5), cti=True, tag=True)
        assert cwt.verify(token, keys, issuer="coap://as.example").key == signer.public_key

    def test_a_large_payload_is_signed_as_detached_cose_or_refused_before_any_call(self, signer):
        payload = bytes(range(256)) * 4096
        if signer.public_key.algorithm.message_type == "RAW":
            with pytest.raises(InputError) as caught:
                cose.sign1(BytesIO(payload), signer, detached=True)
            assert caught.value.code == "message-too-large"
        else:
            message = cose.sign1(BytesIO(payload), signer, detached=True)
            cose.verify1(message, KeySet([signer.public_key]), payload=BytesIO(payload))
        envelope = cose.sign_hash_envelope(BytesIO(payload), signer)
        cose.verify_hash_envelope(envelope, KeySet([signer.public_key]), BytesIO(payload))

    def test_several_keys_sign_one_cose_message_and_a_second_key_countersigns_it(self, client, key):
        signers = [KMSSigner.open(client, key(alg), alg) for alg in ("ES256", "EdDSA", "PS256")]
        keys = KeySet(signer.public_key for signer in signers)
        message = cose.sign(b"contract", signers)
        notary = KMSSigner.open(client, kms.create_key(client, "ES384"))
        message = cose.countersign0(cose.countersign(message, notary), notary)
        assert len(cose.verify(message, keys).verdicts) == 3
        (verdict,) = cose.verify_countersignatures(message, KeySet([notary.public_key]))
        assert verdict.key == notary.public_key
        assert cose.verify_countersignature0(message, notary.public_key)

    def test_a_cose_message_is_finished_by_a_signature_of_a_bare_kms_call(self, client, key):
        signer = KMSSigner.open(client, key("ES256"))
        request = cose.prepare1(b"payload", signer.public_key)
        answer = client.sign(KeyId=signer.key_arn, **request.signing_input.kms_message())
        message = request.finish(request.signing_input.raw_of(answer["Signature"]))
        assert cose.verify1(message, signer.public_key).payload == b"payload"

    def test_es256k_is_low_s_whatever_kms_answers(self, client, key):
        signer = KMSSigner.open(client, key("ES256K"))
        half = signer.public_key.algorithm.curve.group_order // 2
        for number in range(16):
            assert int.from_bytes(signer.sign(b"message %d" % number)[32:]) <= half

    def test_a_digest_is_signed_as_it_is(self, client, key):
        signer = KMSSigner.open(client, key("ES256"))
        signature = signer.sign_prehashed(hashlib.sha256(b"message").digest())
        signer.public_key.verify(b"message", signature)

    # naming a key

    def test_a_key_is_opened_by_id_arn_alias_and_alias_arn(self, client, fresh, unique):
        kms.set_alias(client, fresh, unique)
        alias_arn = fresh.rpartition(":key/")[0] + f":alias/{unique}"
        for name in (fresh, fresh.rpartition("/")[2], f"alias/{unique}", alias_arn):
            assert KMSSigner.open(client, name).key_arn == fresh

    def test_a_signer_stays_with_its_key_when_the_alias_moves(self, client, fresh, unique):
        kms.set_alias(client, fresh, unique)
        signer = KMSSigner.open(client, f"alias/{unique}")
        other = kms.create_key(client, "ES256")
        assert kms.set_alias(client, other, unique) == fresh
        token = jws.sign(b"payload", signer)
        assert jws.verify(token, KeySet([signer.public_key])).key.kid == signer.public_key.kid
        assert KMSSigner.open(client, f"alias/{unique}").key_arn == other

    def test_a_multi_region_key_is_opened_by_its_mrk_id(self, client):
        arn = kms.create_key(client, "ES256", multi_region=True)
        key_id = arn.rpartition("/")[2]
        assert key_id.startswith("mrk-")
        assert KMSSigner.open(client, key_id).key_arn == arn
        assert kms.describe_key(client, arn).multi_region

    def test_a_key_that_does_not_exist_is_not_found(self, client):
        with pytest.raises(KMSError) as caught:
            KMSSigner.open(client, "00000000-0000-4000-8000-000000000000")
        assert (caught.value.code, caught.value.aws_code) == ("not-found", "NotFoundException")
        assert caught.value.operation == "GetPublicKey"
        assert not caught.value.retryable
        assert caught.value.request_id

    def test_a_key_of_another_usage_is_refused(self, client):
        answer = client.create_key(KeySpec="RSA_2048", KeyUsage="ENCRYPT_DECRYPT")
        with pytest.raises(InputError) as caught:
            KMSSigner.open(client, answer["KeyMetadata"]["Arn"], "PS256")
        assert caught.value.code == "key-usage"

    def test_an_rsa_key_that_remembers_none_needs_its_algorithm_named(self, client):
        arn = client.create_key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["Arn"]
        with pytest.raises(InputError) as caught:
            KMSSigner.open(client, arn)
        assert caught.value.code == "alg-required"
        assert kms.tag_key(client, arn, {"kmsjose:alg": "RS384", "kmsjose:kid": "2019-key"}) == arn
        key = KMSSigner.open(client, arn).public_key
        assert (key.algorithm.name, key.kid) == ("RS384", "2019-key")

    def test_an_rsa_key_remembers_the_algorithm_it_was_made_for(self, client):
        arn = kms.create_key(client, "RS256", bits=2048)
        assert KMSSigner.open(client, arn).public_key.algorithm.name == "RS256"
        assert kms.open_tagged(client, arn).public_key.algorithm.name == "RS256"
        assert KMSSigner.open(client, arn, "PS512").public_key.algorithm.name == "PS512"

    def test_an_algorithm_that_the_key_cannot_do_is_refused(self, client, key):
        with pytest.raises(InputError) as caught:
            KMSSigner.open(client, key("ES256"), "ES384")
        assert caught.value.code == "alg-unsupported-by-key"

    # the life of a key

    def test_a_key_is_described_as_it_was_made(self, client, unique):
        arn = kms.create_key(client, "ES384", alias=unique, description="issuer", tags={"team": "identity"})
        info = kms.describe_key(client, arn)
        assert (info.arn, info.spec, info.usage, info.state) == (arn, "ECC_NIST_P384", "SIGN_VERIFY", "Enabled")
        assert (info.description, info.aliases, info.tags) == (
            "issuer",
            (f"alias/{unique}",),
            {"team": "identity", REQUEST: ANY},
        )
        assert [row.name for row in info.algorithms] == ["ES384"]
        assert info.created is not None
        assert info.deletion is None

    def test_a_key_is_listed_with_its_aliases(self, client, fresh, unique):
        kms.set_alias(client, fresh, unique)
        found = {info.arn: info for info in kms.list_keys(client)}
        assert found[fresh].aliases == (f"alias/{unique}",)

    def test_a_policy_is_kept(self, client):
        statement = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "kms:*", "Resource": "*"}
        policy = {"Version": "2012-10-17", "Statement": [statement]}
        arn = kms.create_key(client, "ES256", policy=json.dumps(policy))
        assert '"kms:*"' in client.get_key_policy(KeyId=arn, PolicyName="default")["Policy"]

    def test_a_disabled_key_signs_no_more_until_it_is_enabled(self, client, fresh):
        signer = KMSSigner.open(client, fresh)
        assert kms.disable_key(client, fresh) == fresh
        with pytest.raises(KMSError) as caught:
            signer.sign(b"message")
        assert caught.value.code == "disabled"
        kms.enable_key(client, fresh)
        signer.sign(b"message")

    def test_a_key_is_deleted_by_its_alias_after_a_wait_and_kept_on_second_thoughts(self, client, fresh, unique):
        kms.set_alias(client, fresh, unique)
        signer = KMSSigner.open(client, fresh)
        arn, date = kms.schedule_deletion(client, f"alias/{unique}", 7)
        assert arn == fresh
        assert date is not None
        assert kms.describe_key(client, fresh).state == "PendingDeletion"
        with pytest.raises(KMSError) as caught:
            signer.sign(b"message")
        assert caught.value.code == "invalid-state"
        kms.cancel_deletion(client, fresh)
        assert kms.describe_key(client, fresh).state == "Disabled"
        kms.enable_key(client, fresh)
        signer.sign(b"message")

    def test_a_key_that_waits_for_its_deletion_is_not_enabled(self, client, fresh):
        self.need("enable-while-pending")
        kms.schedule_deletion(client, fresh, 7)
        with pytest.raises(KMSError) as caught:
            kms.enable_key(client, fresh)
        assert caught.value.code == "invalid-state"

    # import

    def test_a_key_of_every_algorithm_is_imported_and_signs_as_before(self, client, unique, row, private_keys):
        self.need(f"alg:{row.name}")
        private_key = private_keys[row.name]
        before = LocalSigner(private_key, row.name, "2019-key")
        token = jws.sign(b"before", before)
        imported = kms.import_key(client, private_key, alg=row.name, kid="2019-key", alias=unique)
        assert imported.public_key == before.public_key
        keys = KeySet([imported.public_key])
        assert jws.verify(token, keys).payload == b"before"
        again = kms.open_tagged(client, f"alias/{unique}")
        assert (again.key_arn, again.public_key) == (imported.key_arn, imported.public_key)
        assert jws.verify(jws.sign(b"after", again), KeySet([before.public_key])).payload == b"after"
        info = kms.describe_key(client, imported.key_arn)
        assert (info.origin, info.state, info.aliases) == ("EXTERNAL", "Enabled", (f"alias/{unique}",))

    def test_an_imported_key_whose_kid_is_its_thumbprint_has_no_tag_of_it(self, client, private_keys):
        imported = kms.import_key(client, private_keys["ES256"], tags={"team": "identity"})
        assert kms.describe_key(client, imported.key_arn).tags == {"team": "identity", REQUEST: ANY}
        assert imported.public_key.kid == imported.public_key.thumbprint()

    # several regions

    def test_a_replica_signs_as_its_primary_does(self, client, elsewhere, key_of_two_regions):
        arn, replica = key_of_two_regions
        assert kms.wait_for_replica(elsewhere, replica).state == "Enabled"
        signers = [kms.open_tagged(client, arn), kms.open_tagged(elsewhere, replica)]
        assert signers[0].public_key == signers[1].public_key
        assert signers[0].public_key.kid == "2019-key"
        for signer in signers:
            signers[0].public_key.verify(b"message", signer.sign(b"message"))

    def test_another_replica_in_a_region_and_one_of_a_replica_are_refused(self, client, elsewhere, key_of_two_regions):
        arn, replica = key_of_two_regions
        assert kms.replicate_key(client, arn, Arn.parse(replica).region) == replica
        for option in ({"description": "d"}, {"tags": {"team": "identity"}}, {"policy": "{}"}):
            with pytest.raises(KMSError) as caught:
                kms.replicate_key(client, arn, Arn.parse(replica).region, **option)
            assert caught.value.code == "already-exists"
        with pytest.raises(KMSError) as caught:
            kms.replicate_key(elsewhere, replica, "ap-southeast-2")
        assert caught.value.code == "unsupported"

    def test_a_key_of_one_region_is_not_replicated(self, client, fresh):
        with pytest.raises(KMSError) as caught:
            kms.replicate_key(client, fresh, "ap-southeast-2")
        assert caught.value.code == "unsupported"

    def test_the_replica_of_an_imported_key_signs_after_the_same_import(self, client, elsewhere, private_keys):
        self.need("imported-replica")
        private_key = private_keys["ES384"]
        primary = kms.import_key(client, private_key, kid="2019-key", multi_region=True)
        replica = kms.replicate_key(client, primary.key_arn, region_of(elsewhere))
        assert kms.wait_for_replica(elsewhere, replica).state == "PendingImport"
        imported = kms.import_material(elsewhere, replica, private_key)
        assert (imported.key_arn, imported.public_key) == (replica, primary.public_key)

    def test_signing_goes_on_in_the_other_region_while_one_is_disabled(self, client, elsewhere, key_of_two_regions):
        arn, replica = key_of_two_regions
        failover = kms.open_failover([elsewhere, client], arn)
        kms.disable_key(elsewhere, replica)
        token = jws.sign(b"payload", failover)
        kms.enable_key(elsewhere, replica)
        assert jws.verify(token, KeySet([failover.current().public_key])).key.kid == "2019-key"

    @pytest.fixture
    def key_of_two_regions(self, client: Any, elsewhere: Any) -> tuple[str, str]:
        """The ARNs of a primary and its replica."""
        arn = kms.create_key(client, "ES256", multi_region=True, tags={"kmsjose:kid": "2019-key"})
        return arn, kms.replicate_key(client, arn, region_of(elsewhere), tags={"team": "identity"})

    # aliases

    def test_an_alias_is_made_moved_and_removed(self, client, fresh, unique):
        assert kms.set_alias(client, fresh, unique) is None
        assert kms.set_alias(client, fresh, unique) == fresh
        kms.delete_alias(client, unique)
        with pytest.raises(KMSError) as caught:
            kms.resolve(client, f"alias/{unique}")
        assert caught.value.code == "not-found"

    def test_a_new_key_whose_alias_is_taken_is_not_made(self, client, fresh, unique):
        kms.set_alias(client, fresh, unique)
        before = {info.arn for info in kms.list_keys(client)}
        with pytest.raises(KMSError) as caught:
            kms.create_key(client, "ES256", alias=unique)
        assert caught.value.code == "already-exists"
        assert fresh in caught.value.message
        assert {info.arn for info in kms.list_keys(client)} == before
