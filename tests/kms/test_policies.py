"""Each role may do its part and no more, as an evaluator that knows nothing of the package reads the policies."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from kmsjose import InputError, KMSError, kms
from kmsjose.algorithms import TABLE, by_name
from kmsjose.kms.identifiers import Arn
from kmsjose.kms.permissions import GRANTS, ROLES, Target
from kmsjose.kms.policies import MAX_IAM_POLICY, MAX_KEY_POLICY
from tests.kms.iam import allows

HERE = "arn:aws:kms:eu-west-1:111122223333:"
DIGEST = {"kms:SigningAlgorithm": "ECDSA_SHA_256", "kms:MessageType": "DIGEST"}
ROTATION = {"aws:RequestTag/kmsjose:rotation": "issuer", "aws:TagKeys": ["kmsjose:rotation"]}


@dataclass(frozen=True)
class Key:
    """A key as AWS sees it when it decides."""

    id: str
    aliases: tuple[str, ...] = ()
    tags: dict[str, str] = field(default_factory=dict)
    spec: str = "ECC_NIST_P256"

    @property
    def arn(self) -> str:
        return f"{HERE}key/{self.id}"

    @property
    def context(self) -> dict[str, str | list[str]]:
        aliases = {"kms:ResourceAliases": list(self.aliases)} if self.aliases else {}
        tags = {f"aws:ResourceTag/{name}": value for name, value in self.tags.items()}
        return {"kms:KeyUsage": "SIGN_VERIFY", "kms:KeySpec": self.spec, **aliases, **tags}

    def of(self, alias: str | None = None, *algs: str) -> kms.PolicyKey:
        arn = Arn.parse(self.arn)
        assert arn is not None
        return kms.PolicyKey(arn, alias, self.spec, tuple(by_name(alg) for alg in algs or ("ES256",)))


ACTIVE = Key("active", ("alias/issuer", "alias/issuer/key/active"), {"kmsjose:rotation": "issuer"})
UNTOUCHED = Key("untouched", ("alias/issuer",))
STAGED = Key("staged", ("alias/issuer/key/staged",), {"kmsjose:rotation": "issuer"})
NEW = Key("new", (), {"kmsjose:rotation": "issuer"})
FOREIGN = Key("foreign", ("alias/payments",))
NAMELESS = Key("nameless")
SECRET = Key("secret", spec="SYMMETRIC_DEFAULT")
BY_ALIAS = ACTIVE.of("alias/issuer")
BY_ARN = ACTIVE.of()


def may(document, action, key, principal="", **more):
    context = {name.replace("__", ":"): value for name, value in more.items()}
    return allows(document, f"kms:{action}", key.arn, {**key.context, **context}, principal)


def may_sign(document, key, alg=DIGEST, principal=""):
    return allows(document, "kms:Sign", key.arn, {**key.context, **alg}, principal)


def may_name(document, action, alias, *keys):
    """Whether an alias may be made, moved or removed: AWS asks for the alias and for each key."""
    on_alias = allows(document, f"kms:{action}", f"{HERE}{alias}", {})
    return on_alias and all(may(document, action, key) for key in keys)


# the table


def test_every_action_is_an_operation_of_kms(kmsjose_client):
    operations = set(kmsjose_client.meta.service_model.operation_names)
    assert {action for grant in GRANTS for action in grant.actions} <= operations


def test_nothing_stands_twice_in_the_table():
    assert len({(grant.role, grant.name) for grant in GRANTS}) == len(GRANTS)
    facts = [(grant.role, grant.target, grant.limit, action) for grant in GRANTS for action in grant.actions]
    assert len(set(facts)) == len(facts)


def test_one_role_signs_and_none_does_what_is_not_of_signing_keys(kmsjose_client):
    """Every operation that KMS has, with everything true that could make a policy allow it."""
    context = {**ACTIVE.context, **DIGEST, **ROTATION, "kms:ScheduleKeyDeletionPendingWindowInDays": "30"}
    for role in ROLES:
        of_role = {action for grant in GRANTS if grant.role == role for action in grant.actions}
        document = kms.iam_policy(role, [BY_ALIAS])
        allowed = {
            operation
            for operation in kmsjose_client.meta.service_model.operation_names
            for resource in (ACTIVE.arn, f"{HERE}alias/issuer", "*")
            if allows(document, f"kms:{operation}", resource, context)
        }
        assert allowed == of_role
        assert ("Sign" in of_role) == (role == "signer")
    foreign = ("Decrypt", "Encrypt", "GenerateMac", "CreateGrant", "DeriveSharedSecret", "Verify")
    assert not any(action in grant.actions for action in foreign for grant in GRANTS)


# the signer


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.name)
def test_a_signer_signs_by_the_algorithm_of_its_key_and_by_no_other(row):
    key = Key("key", spec=row.key_specs[0])
    document = kms.iam_policy("signer", [key.of(None, row.name)])
    for other in TABLE:
        for message_type in ("RAW", "DIGEST", "EXTERNAL_MU"):
            context = {"kms:SigningAlgorithm": other.kms_algorithm, "kms:MessageType": message_type}
            same = other.kms_algorithm == row.kms_algorithm and message_type in row.message_types
            assert may_sign(document, key, context) == same


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.name)
def test_what_a_signer_sends_is_allowed(row, kmsjose_client):
    """By the parameters of the calls themselves, for a short message and for one of every size."""
    signer = kms.KMSSigner.open(
        kmsjose_client, kms.create_key(kmsjose_client, row.name, bits=2048 if row.kty == "RSA" else None), row.name
    )
    (key,) = kms.read_policy_keys(kmsjose_client, [signer.key_arn], row.name)
    document = kms.iam_policy("signer", [key])
    sent = []
    kmsjose_client.meta.events.register("provide-client-params.kms.Sign", lambda params, **_: sent.append(dict(params)))
    signer.sign(b"short")
    if row.message_type != "RAW":
        signer.sign(bytes(5000))
    assert sent
    for params in sent:
        context = {f"kms:{name}": params[name] for name in ("SigningAlgorithm", "MessageType")}
        assert allows(document, "kms:Sign", params["KeyId"], context)


def test_a_signer_by_alias_follows_it_to_the_next_key_and_back():
    document = kms.iam_policy("signer", [BY_ALIAS])
    for key in (ACTIVE, UNTOUCHED, STAGED):
        assert may_sign(document, key)
        assert may(document, "GetPublicKey", key)
    for key in (FOREIGN, NAMELESS, NEW, Key("x", ("alias/issuer2",)), Key("x", ("alias/issuer/lock/1",))):
        assert not may_sign(document, key)
        assert not may(document, "GetPublicKey", key)


def test_a_signer_by_arn_stays_with_its_key():
    document = kms.iam_policy("signer", [BY_ARN])
    assert may_sign(document, Key("active"))
    assert not may_sign(document, STAGED)


def test_keys_of_several_algorithms_are_not_mixed():
    rsa = Key("rsa", spec="RSA_3072")
    document = kms.iam_policy("signer", [BY_ARN, rsa.of(None, "PS256")])
    pss = {"kms:SigningAlgorithm": "RSASSA_PSS_SHA_256", "kms:MessageType": "DIGEST"}
    assert may_sign(document, ACTIVE)
    assert may_sign(document, rsa, pss)
    assert not may_sign(document, ACTIVE, pss)
    assert not may_sign(document, rsa)


_ALIASES = st.from_regex(r"[A-Za-z0-9_-]{1,12}", fullmatch=True).map("alias/".__add__)


@given(_ALIASES, _ALIASES)
def test_an_alias_never_stands_for_another(mine, other):
    assume(mine != other)
    document = kms.iam_policy("signer", [ACTIVE.of(mine)])
    assert may_sign(document, Key("x", (mine,)))
    assert not may_sign(document, Key("x", (other,)))
    assert not may_sign(document, Key("x", (f"{other}/key/x",)))


# the rotator


def test_a_rotator_makes_a_successor_of_the_same_kind_in_its_rotation_and_nothing_else():
    document = kms.iam_policy("rotator", [BY_ALIAS])
    kind = {"kms:KeyUsage": "SIGN_VERIFY", "kms:KeySpec": "ECC_NIST_P256"}

    def may_create(**changed):
        context = {**kind, **ROTATION, **{name.replace("__", ":"): value for name, value in changed.items()}}
        new = {name: value for name, value in context.items() if value is not None}
        # AWS asks for the tags of a new key on a key that has no name yet.
        return allows(document, "kms:CreateKey", "*", new) and allows(
            document, "kms:TagResource", NEW.arn, {n: v for n, v in new.items() if not n.startswith("kms:")}
        )

    assert may_create()
    assert not may_create(kms__KeySpec="RSA_4096")
    assert not may_create(kms__KeyUsage="ENCRYPT_DECRYPT")
    assert may_create(kms__KeyOrigin="AWS_KMS")
    assert not may_create(kms__KeyOrigin="EXTERNAL")
    assert not may_create(**{"aws__RequestTag/kmsjose__rotation": "payments"})
    assert not may_create(**{"aws__RequestTag/kmsjose__rotation": None, "aws__TagKeys": None})


def test_a_rotator_names_the_new_key_moves_the_alias_and_retires_the_old_key():
    document = kms.iam_policy("rotator", [BY_ALIAS])
    assert may_name(document, "CreateAlias", "alias/issuer/key/new", NEW)
    assert may_name(document, "CreateAlias", "alias/issuer/lock/1", UNTOUCHED)
    assert may_name(document, "UpdateAlias", "alias/issuer", UNTOUCHED, STAGED)
    assert may_name(document, "DeleteAlias", "alias/issuer/lock/1", ACTIVE)
    for action in ("DescribeKey", "GetKeyLastUsage", "GetPublicKey", "ListResourceTags", "DisableKey", "EnableKey"):
        assert all(may(document, action, key) for key in (ACTIVE, STAGED, NEW))
    assert may(document, "TagResource", UNTOUCHED, aws__TagKeys=["kmsjose:rotation", "kmsjose:kid"])
    assert may(document, "UntagResource", STAGED, aws__TagKeys=["kmsjose:lock"])
    assert may(document, "ScheduleKeyDeletion", ACTIVE, kms__ScheduleKeyDeletionPendingWindowInDays="30")


def test_a_rotator_does_not_touch_what_is_not_its_own():
    document = kms.iam_policy("rotator", [BY_ALIAS])
    for key in (FOREIGN, NAMELESS, SECRET):
        for action in ("DescribeKey", "DisableKey", "CreateAlias", "UpdateAlias", "DeleteAlias", "ListResourceTags"):
            assert not may(document, action, key)
        assert not may(document, "ScheduleKeyDeletion", key, kms__ScheduleKeyDeletionPendingWindowInDays="30")
    assert not may_name(document, "UpdateAlias", "alias/payments", FOREIGN, STAGED)
    assert not may_name(document, "UpdateAlias", "alias/issuer", ACTIVE, FOREIGN)
    for alias in ("alias/other", "alias/issuer2", "alias/issuer/eu", "alias/issuer/eu/key/staged"):
        assert not may_name(document, "CreateAlias", alias, STAGED)
    assert not may(document, "TagResource", ACTIVE, aws__TagKeys=["team"])
    assert not may(document, "UntagResource", ACTIVE, aws__TagKeys=["kmsjose:kid", "team"])
    assert not may(document, "ScheduleKeyDeletion", ACTIVE, kms__ScheduleKeyDeletionPendingWindowInDays="29")
    assert not may(document, "CancelKeyDeletion", ACTIVE)
    assert not may(document, "PutKeyPolicy", ACTIVE)


def test_a_tag_draws_no_key_into_a_rotation_that_someone_else_has_named_or_tagged():
    document = kms.iam_policy("rotator", [BY_ALIAS])
    for key in (FOREIGN, SECRET, Key("theirs", tags={"kmsjose:rotation": "payments"})):
        assert not allows(document, "kms:TagResource", key.arn, {**key.context, **ROTATION})
    assert allows(document, "kms:TagResource", NAMELESS.arn, {**NAMELESS.context, **ROTATION})


def test_rotations_of_several_aliases_keep_their_kinds_apart():
    keys = [BY_ALIAS, Key("rsa", spec="RSA_3072").of("alias/reports", "PS256")]
    document = kms.iam_policy("rotator", keys)

    def may_create(name, spec):
        context = {"kms:KeyUsage": "SIGN_VERIFY", "kms:KeySpec": spec, "aws:RequestTag/kmsjose:rotation": name}
        return allows(document, "kms:CreateKey", "*", context)

    assert may_create("issuer", "ECC_NIST_P256")
    assert may_create("reports", "RSA_3072")
    assert not may_create("issuer", "RSA_3072")


def test_a_rotator_without_an_alias_is_refused():
    with pytest.raises(InputError) as caught:
        kms.iam_policy("rotator", [BY_ALIAS, BY_ARN])
    assert caught.value.code == "usage"
    assert ACTIVE.arn in caught.value.message


# the others


def test_a_publisher_reads_and_changes_nothing():
    document = kms.iam_policy("publisher", [BY_ALIAS])
    assert allows(document, "kms:ListAliases", "*", {})
    assert not allows(document, "kms:ListKeys", "*", {})
    for action in ("DescribeKey", "GetPublicKey", "ListResourceTags"):
        assert may(document, action, STAGED)
        assert not may(document, action, FOREIGN)


def test_an_administrator_makes_signing_keys_alone_and_manages_those_that_are_named():
    document = kms.iam_policy("administrator", [BY_ALIAS])
    assert allows(document, "kms:CreateKey", "*", {"kms:KeyUsage": "SIGN_VERIFY"})
    assert not allows(document, "kms:CreateKey", "*", {"kms:KeyUsage": "ENCRYPT_DECRYPT"})
    assert may(document, "PutKeyPolicy", ACTIVE)
    assert not may(document, "PutKeyPolicy", FOREIGN)
    assert may_name(document, "UpdateAlias", "alias/issuer", ACTIVE, STAGED)
    assert not may_name(document, "UpdateAlias", "alias/issuer", ACTIVE, FOREIGN)
    assert not may_name(document, "CreateAlias", "alias/payments", ACTIVE)


def test_an_administrator_of_one_key_gives_it_any_name_but_takes_none_from_others():
    document = kms.iam_policy("administrator", [BY_ARN])
    assert may_name(document, "CreateAlias", "alias/new-name", ACTIVE)
    assert not may_name(document, "UpdateAlias", "alias/payments", FOREIGN, ACTIVE)
    assert not may_name(document, "DeleteAlias", "alias/payments", FOREIGN)


# key policies

PRINCIPALS = {role: [f"arn:aws:iam::111122223333:role/kmsjose-{role}"] for role in ROLES}


def test_a_key_policy_never_locks_the_account_out():
    document = kms.key_policy(BY_ALIAS, {})
    root = "arn:aws:iam::111122223333:root"
    for action in ("kms:PutKeyPolicy", "kms:Sign", "kms:ScheduleKeyDeletion"):
        assert allows(document, action, ACTIVE.arn, {}, root)
    assert json.dumps(kms.key_policy(BY_ALIAS, PRINCIPALS)).count(":root") == 1


def test_in_a_key_policy_each_role_has_its_part_and_nobody_else_any():
    document = kms.key_policy(BY_ALIAS, PRINCIPALS)
    for role, (principal,) in PRINCIPALS.items():
        assert may_sign(document, ACTIVE, principal=principal) == (role == "signer")
        assert may(document, "GetPublicKey", ACTIVE, principal)
        assert may(document, "PutKeyPolicy", ACTIVE, principal) == (role == "administrator")
        assert may(document, "DisableKey", ACTIVE, principal) == (role in {"rotator", "administrator"})
        assert not may(document, "CreateGrant", ACTIVE, principal)
    stranger = "arn:aws:iam::111122223333:role/stranger"
    assert not may(document, "GetPublicKey", ACTIVE, stranger)
    raw = {"kms:SigningAlgorithm": "ECDSA_SHA_256", "kms:MessageType": "RAW"}
    assert not may_sign(document, ACTIVE, raw, PRINCIPALS["signer"][0])


def test_a_key_policy_has_only_what_is_done_to_a_key():
    statements = kms.key_policy(BY_ALIAS, PRINCIPALS)["Statement"]
    actions = [statement["Action"] for statement in statements]
    written = {action for some in actions for action in (some if isinstance(some, list) else [some])}
    of_keys = {f"kms:{action}" for grant in GRANTS if grant.target is Target.KEY for action in grant.actions}
    assert written == {"kms:*"} | of_keys


def test_several_principals_play_one_role():
    arns = ["arn:aws:iam::111122223333:role/tokens", "arn:aws:iam::444455556666:user/ci/builder"]
    document = kms.key_policy(BY_ALIAS, {"signer": arns})
    assert all(may_sign(document, ACTIVE, principal=arn) for arn in arns)


@pytest.mark.parametrize("principal", [
    "*", "", "arn:aws:iam::111122223333:role/*", "arn:aws:iam::111122223333:role/", "111122223333", "signer",
    "arn:aws:iam::1111:role/x", "arn:aws-cn:iam::111122223333:role/x", "arn:aws:s3:::bucket",
    "arn:aws:iam::111122223333:role/x\n", "arn:aws:iam::111122223333:role/ö",
])  # fmt: skip
def test_what_is_no_principal_is_refused(principal):
    with pytest.raises(InputError) as caught:
        kms.key_policy(BY_ALIAS, {"signer": [principal]})
    assert caught.value.code == "usage"


def test_a_role_without_principals_is_refused():
    with pytest.raises(InputError):
        kms.key_policy(BY_ALIAS, {"signer": []})


# all of them


@pytest.mark.parametrize("partition, region", [
    ("aws", "eu-west-1"), ("aws-cn", "cn-north-1"), ("aws-us-gov", "us-gov-west-1"),
])  # fmt: skip
def test_every_arn_is_of_the_keys_partition_region_and_account(partition, region):
    key = kms.PolicyKey(
        Arn(partition, region, "444455556666", "key/mrk-1"), "alias/issuer", "ECC_NIST_P256", (by_name("ES256"),)
    )
    principals = {role: [kms.default_principal(role, key)] for role in ROLES}
    documents = [kms.key_policy(key, principals), *(kms.iam_policy(role, [key]) for role in ROLES)]
    text = json.dumps(documents)
    assert text.count("arn:") == text.count(f"arn:{partition}:kms:{region}:444455556666:") + text.count(
        f"arn:{partition}:iam::444455556666:"
    )
    assert principals["signer"] == [f"arn:{partition}:iam::444455556666:role/kmsjose-signer"]


@pytest.mark.parametrize("role", ROLES)
def test_statements_have_distinct_names_that_iam_takes(role):
    keys = [BY_ALIAS, Key("rsa", spec="RSA_3072").of("alias/reports", "PS256")]
    sids = [statement["Sid"] for statement in kms.iam_policy(role, keys)["Statement"]]
    assert len(set(sids)) == len(sids)
    assert all(sid.isalnum() for sid in sids)


@pytest.mark.parametrize("role", ROLES)
def test_a_policy_fits_into_what_iam_takes_or_is_refused(role):
    long = f"alias/{'x' * 150}"
    written = json.dumps(kms.iam_policy(role, [ACTIVE.of(long)]), separators=(",", ":"))
    assert len(written) <= MAX_IAM_POLICY
    with pytest.raises(InputError) as caught:
        kms.iam_policy(role, [ACTIVE.of(f"alias/{number}-{'x' * 200}") for number in range(40)])
    assert caught.value.code == "usage"
    assert str(MAX_IAM_POLICY) in caught.value.message


def test_a_key_policy_fits_into_what_kms_takes_or_is_refused():
    assert len(json.dumps(kms.key_policy(BY_ALIAS, PRINCIPALS))) <= MAX_KEY_POLICY
    many = [f"arn:aws:iam::111122223333:role/{number:0500}" for number in range(80)]
    with pytest.raises(InputError) as caught:
        kms.key_policy(BY_ALIAS, {"signer": many})
    assert str(MAX_KEY_POLICY) in caught.value.message


def test_a_policy_of_no_key_is_refused():
    with pytest.raises(InputError):
        kms.iam_policy("signer", [])


# looking keys up


def test_a_key_is_followed_by_the_alias_that_it_was_given_by(kmsjose_client):
    arn = kms.create_key(kmsjose_client, "ES256", alias="issuer")
    alias_arn = arn.rpartition(":")[0] + ":alias/issuer"
    found = kms.read_policy_keys(kmsjose_client, [arn, arn.rpartition("/")[2], "alias/issuer", alias_arn])
    assert [key.alias for key in found] == [None, None, "alias/issuer", "alias/issuer"]
    assert {str(key.arn) for key in found} == {arn}


def test_an_rsa_key_is_granted_what_is_asked_for_or_tagged_or_else_all_six(kmsjose_client):
    arn = kmsjose_client.create_key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["Arn"]
    tagged = kms.create_key(kmsjose_client, "PS384", bits=2048)
    names = [[row.name for row in key.algorithms] for key in kms.read_policy_keys(kmsjose_client, [arn, tagged])]
    assert names == [["PS256", "PS384", "PS512", "RS256", "RS384", "RS512"], ["PS384"]]
    (asked,) = kms.read_policy_keys(kmsjose_client, [tagged], "RS256")
    assert [row.name for row in asked.algorithms] == ["RS256"]


def test_tags_that_may_not_be_read_leave_all_six(kmsjose_client, kmsjose_faults):
    arn = kms.create_key(kmsjose_client, "PS384", bits=2048)
    kmsjose_faults.error("AccessDeniedException", "ListResourceTags")
    (key,) = kms.read_policy_keys(kmsjose_client, [arn])
    assert len(key.algorithms) == 6


@pytest.mark.parametrize("parameters, code", [
    ({"KeySpec": "RSA_2048", "KeyUsage": "ENCRYPT_DECRYPT"}, "key-usage"),
    ({"KeySpec": "HMAC_256", "KeyUsage": "GENERATE_VERIFY_MAC"}, "key-usage"),
])  # fmt: skip
def test_a_key_that_does_not_sign_is_refused(kmsjose_client, parameters, code):
    arn = kmsjose_client.create_key(**parameters)["KeyMetadata"]["Arn"]
    with pytest.raises(InputError) as caught:
        kms.read_policy_keys(kmsjose_client, [arn])
    assert caught.value.code == code


def test_what_cannot_be_is_refused(kmsjose_client):
    arn = kms.create_key(kmsjose_client, "ES256")
    for keys, alg, code in (
        ([arn], "PS256", "alg-unsupported-by-key"),
        ([arn], "HS256", "alg-unknown"),
        (["a b"], None, "usage"),
    ):
        with pytest.raises(InputError) as caught:
            kms.read_policy_keys(kmsjose_client, keys, alg)
        assert caught.value.code == code
    with pytest.raises(KMSError) as missing:
        kms.read_policy_keys(kmsjose_client, ["alias/nobody"])
    assert missing.value.code == "not-found"
