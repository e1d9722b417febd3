"""What is done is done, though an answer got lost: for each call of a key's life, whether boto3 asks again or not."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from kmsjose import InputError, KMSError, kms
from kmsjose.kms import rotation
from kmsjose.kms.local import Faults
from kmsjose.kms.making import REQUEST


@dataclass
class Place:
    """A client, what goes wrong, and what a call is about."""

    client: Any
    faults: Faults
    private_key: Any
    known: dict[str, str] = field(default_factory=dict)

    def key(self, **options: Any) -> str:
        """A key that is as it was made."""
        self.known["key"] = kms.create_key(self.client, "ES256", **options)
        return self.known["key"]

    def states(self) -> dict[str, str]:
        return {info.arn: info.state for info in kms.list_keys(self.client)}

    def state(self) -> str:
        return self.states()[self.known["key"]]

    def dying(self) -> None:
        kms.schedule_deletion(self.client, self.key(), 7)

    def disabled(self) -> None:
        kms.disable_key(self.client, self.key())

    def named(self) -> None:
        self.key(alias="issuer")

    def named_otherwise(self) -> None:
        other = self.key(alias="issuer")
        assert self.key() != other

    def to_be_replicated(self) -> None:
        self.key(multi_region=True)

    def to_be_imported(self) -> None:
        made = self.client.create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY", Origin="EXTERNAL")
        self.known["key"] = made["KeyMetadata"]["Arn"]

    def target(self) -> str | None:
        try:
            return kms.resolve(self.client, "alias/issuer")
        except KMSError:
            return None


@dataclass(frozen=True)
class Case:
    """A call whose answer gets lost."""

    operation: str
    before: Callable[[Place], object]
    call: Callable[[Place], object]
    is_done: Callable[[Place], bool]


CASES = {
    "disable": Case(
        "DisableKey",
        Place.key,
        lambda place: kms.disable_key(place.client, place.known["key"]),
        lambda place: place.state() == "Disabled",
    ),
    "enable": Case(
        "EnableKey",
        Place.disabled,
        lambda place: kms.enable_key(place.client, place.known["key"]),
        lambda place: place.state() == "Enabled",
    ),
    "delete": Case(
        "ScheduleKeyDeletion",
        Place.key,
        lambda place: kms.schedule_deletion(place.client, place.known["key"], 7),
        lambda place: place.state() == "PendingDeletion",
    ),
    "undelete": Case(
        "CancelKeyDeletion",
        Place.dying,
        lambda place: kms.cancel_deletion(place.client, place.known["key"]),
        lambda place: place.state() == "Disabled",
    ),
    "alias": Case(
        "CreateAlias",
        Place.key,
        lambda place: kms.set_alias(place.client, place.known["key"], "issuer"),
        lambda place: place.target() == place.known["key"],
    ),
    "move an alias": Case(
        "UpdateAlias",
        Place.named_otherwise,
        lambda place: kms.set_alias(place.client, place.known["key"], "issuer"),
        lambda place: place.target() == place.known["key"],
    ),
    "unalias": Case(
        "DeleteAlias",
        Place.named,
        lambda place: kms.delete_alias(place.client, "issuer"),
        lambda place: place.target() is None,
    ),
    "tag": Case(
        "TagResource",
        Place.key,
        lambda place: kms.tag_key(place.client, place.known["key"], {"team": "identity"}),
        lambda place: kms.describe_key(place.client, place.known["key"]).tags["team"] == "identity",
    ),
    "replicate": Case(
        "ReplicateKey",
        Place.to_be_replicated,
        lambda place: kms.replicate_key(place.client, place.known["key"], "eu-central-1"),
        lambda place: "eu-central-1" in str(place.client.describe_key(KeyId=place.known["key"])),
    ),
    "import material": Case(
        "ImportKeyMaterial",
        Place.to_be_imported,
        lambda place: kms.import_material(place.client, place.known["key"], place.private_key),
        lambda place: place.state() == "Enabled",
    ),
    "ask for a wrapping key": Case(
        "GetParametersForImport",
        Place.to_be_imported,
        lambda place: kms.import_material(place.client, place.known["key"], place.private_key),
        lambda place: place.state() == "Enabled",
    ),
    "create": Case(
        "CreateKey",
        lambda place: None,
        lambda place: place.known.update(key=kms.create_key(place.client, "ES256", alias="issuer")),
        lambda place: [arn for arn, state in place.states().items() if state == "Enabled"] == [place.known["key"]],
    ),
    "name a new key": Case(
        "CreateAlias",
        lambda place: None,
        lambda place: place.known.update(key=kms.create_key(place.client, "ES256", alias="issuer")),
        lambda place: [place.target()] == list(place.states()),
    ),
    "import": Case(
        "CreateKey",
        lambda place: None,
        lambda place: place.known.update(key=kms.import_key(place.client, place.private_key, alias="issuer").key_arn),
        lambda place: [arn for arn, state in place.states().items() if state == "Enabled"] == [place.known["key"]],
    ),
    "stage the first": Case(
        "CreateKey",
        lambda place: None,
        lambda place: rotation.stage(place.client, "issuer", "ES256"),
        lambda place: list(place.states().values()).count("Enabled") == 1,
    ),
    "stage another": Case(
        "CreateKey",
        lambda place: (
            rotation.stage(place.client, "issuer", "ES256"),
            rotation.promote_unseen(place.client, "issuer"),
        ),
        lambda place: rotation.stage(place.client, "issuer"),
        lambda place: list(place.states().values()).count("Enabled") == 2,
    ),
}
#: Those of which a second call does something else than the first.
ONCE = {"create", "name a new key", "import"}


@pytest.fixture
def place(request, quick_wrapping, private_keys) -> Place:
    faults = Faults()
    client = kms.connect(local=":memory:", max_attempts=request.param, faults=faults)
    return Place(client, faults, private_keys["ES256"])


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
@pytest.mark.parametrize("place", [1, 3], indirect=True, ids=["asked once", "asked again"])
def test_a_call_whose_answer_is_lost_is_done(place, case):
    case.before(place)
    place.faults.lose(case.operation, times=1)
    try:
        case.call(place)
    except KMSError as error:
        # Where nothing tells what became of it: it can be repeated.
        assert (error.code, error.retryable) == ("connection", True)
        case.call(place)
    assert case.is_done(place)


@pytest.mark.parametrize("name", [name for name in CASES if name not in ONCE])
@pytest.mark.parametrize("place", [3], indirect=True, ids=[""])
def test_a_call_that_finds_its_work_done_succeeds(place, name):
    case = CASES[name]
    case.before(place)
    case.call(place)
    case.call(place)
    assert case.is_done(place)


class TestUndone:
    """Done is what was asked for; the state of a key is not enough where it is another."""

    def test_a_key_that_waits_for_its_deletion_is_neither_enabled_nor_disabled(self, kmsjose_client):
        arn = kms.create_key(kmsjose_client, "ES256")
        kms.schedule_deletion(kmsjose_client, arn, 7)
        for call in (kms.enable_key, kms.disable_key):
            with pytest.raises(KMSError) as caught:
                call(kmsjose_client, arn)
            assert caught.value.code == "invalid-state"
        assert kms.describe_key(kmsjose_client, arn).state == "PendingDeletion"

    def test_a_key_that_waits_goes_on_waiting_to_the_date_that_is_told(self, kmsjose_client):
        arn = kms.create_key(kmsjose_client, "ES256")
        first = kms.schedule_deletion(kmsjose_client, arn, 30)
        assert kms.schedule_deletion(kmsjose_client, arn, 7) == first

    def test_a_key_that_does_not_wait_stays_enabled_when_it_is_kept(self, kmsjose_client):
        arn = kms.create_key(kmsjose_client, "ES256")
        assert kms.cancel_deletion(kmsjose_client, arn) == arn
        assert kms.describe_key(kmsjose_client, arn).state == "Enabled"

    def test_a_name_that_is_not_there_is_told_as_such(self, kmsjose_client):
        kms.create_key(kmsjose_client, "ES256", alias="issuer")
        assert [kms.delete_alias(kmsjose_client, "issuer") for _ in range(2)] == [True, False]

    @pytest.mark.parametrize(
        "operation, call",
        [
            ("DisableKey", kms.disable_key),
            ("CancelKeyDeletion", kms.cancel_deletion),
            ("ScheduleKeyDeletion", kms.schedule_deletion),
        ],
    )
    def test_a_call_that_never_arrived_is_not_taken_for_done(self, place_once, operation, call):
        arn = place_once.key() if operation != "CancelKeyDeletion" else (place_once.dying(), place_once.known["key"])[1]
        place_once.faults.drop(operation)
        with pytest.raises(KMSError) as caught:
            call(place_once.client, arn)
        assert caught.value.code == "connection"

    def test_a_key_whose_state_cannot_be_had_is_not_taken_for_done(self, place_once):
        arn = place_once.key()
        place_once.faults.lose("DisableKey", times=1)
        place_once.faults.before(
            "DisableKey", lambda: place_once.faults.error("AccessDeniedException", "DescribeKey", times=1)
        )
        with pytest.raises(KMSError) as caught:
            kms.disable_key(place_once.client, arn)
        assert caught.value.code == "connection"


@pytest.fixture
def place_once() -> Place:
    faults = Faults()
    return Place(kms.connect(local=":memory:", max_attempts=1, faults=faults), faults, None)


@pytest.fixture
def place_again() -> Place:
    faults = Faults()
    return Place(kms.connect(local=":memory:", max_attempts=3, faults=faults), faults, None)


class TestCreate:
    def test_a_key_that_was_made_unseen_is_found_again(self, place_once):
        others = [kms.create_key(place_once.client, "ES256") for _ in range(3)]
        place_once.faults.lose("CreateKey", times=1)
        arn = kms.create_key(place_once.client, "RS256", bits=2048, alias="access", tags={"team": "identity"})
        assert set(place_once.states()) == {*others, arn}
        info = kms.describe_key(place_once.client, "alias/access")
        assert (info.arn, info.tags["team"], info.tags["kmsjose:alg"]) == (arn, "identity", "RS256")

    @pytest.mark.parametrize("what", ["lose", "drop"])
    def test_where_it_cannot_be_found_it_is_said_what_may_exist(self, place_once, what):
        getattr(place_once.faults, what)("CreateKey", times=1)
        place_once.faults.error("AccessDeniedException", "ListKeys")
        with pytest.raises(KMSError) as caught:
            kms.create_key(place_once.client, "ES256")
        assert (caught.value.code, caught.value.retryable, caught.value.operation) == ("connection", True, "CreateKey")
        place_once.faults.clear()
        for arn in place_once.states():
            token = kms.describe_key(place_once.client, arn).tags[REQUEST]
            assert f"a key may have been made all the same: it has the tag {REQUEST}={token}" in caught.value.message

    @pytest.mark.parametrize("lost", [1, 2])
    def test_of_several_that_a_repeated_request_has_made_one_stays(self, place_again, lost, caplog):
        place_again.faults.lose("CreateKey", times=lost)
        with caplog.at_level(logging.WARNING, "kmsjose.kms"):
            arn = kms.create_key(place_again.client, "ES256")
        states = place_again.states()
        assert states.pop(arn) == "Enabled"
        assert list(states.values()) == ["PendingDeletion"] * lost
        assert all(any(other in line for line in caplog.messages) for other in states)

    def test_all_answers_are_lost(self, place_again):
        place_again.faults.lose("CreateKey")
        arn = kms.create_key(place_again.client, "ES256")
        states = place_again.states()
        assert states.pop(arn) == "Enabled"
        assert list(states.values()) == ["PendingDeletion"] * 2

    @pytest.mark.parametrize("denied", ["ListKeys", "ListAliases", "ScheduleKeyDeletion"])
    def test_a_second_key_that_cannot_be_removed_is_told(self, place_again, denied, caplog):
        place_again.faults.lose("CreateKey", times=1)
        place_again.faults.error("AccessDeniedException", denied)
        with caplog.at_level(logging.WARNING, "kmsjose.kms"):
            arn = kms.create_key(place_again.client, "ES256")
        place_again.faults.clear()
        token = kms.describe_key(place_again.client, arn).tags[REQUEST]
        assert any("a second key" in line and f"{REQUEST}={token}" in line for line in caplog.messages)

    def test_a_key_that_has_a_name_already_is_nobodys_second(self, place_again):
        """What has a name is in use, whatever its tags say."""
        arn = kms.create_key(place_again.client, "ES256", alias="issuer")
        token = kms.describe_key(place_again.client, arn).tags[REQUEST]
        place_again.faults.throttle("CreateKey", times=1)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("kmsjose.kms.making.secrets.token_hex", lambda _: token)
            kms.create_key(place_again.client, "ES256")
        assert place_again.states()[arn] == "Enabled"

    def test_the_tags_that_help_are_left_out_where_the_caller_may_not_tag(self, place_once, caplog):
        place_once.faults.error("AccessDeniedException", "CreateKey", times=1)
        with caplog.at_level(logging.WARNING, "kmsjose.kms"):
            arn = kms.create_key(place_once.client, "PS256", bits=2048, tags={"team": "identity"})
        assert kms.describe_key(place_once.client, arn).tags == {"team": "identity"}
        (line,) = caplog.messages
        assert arn in line
        assert "kms:TagResource" in line

    def test_who_may_not_make_keys_is_told_what_kms_said_first(self, place_once):
        place_once.faults.error("AccessDeniedException", "CreateKey", message="first", times=1)
        place_once.faults.error("AccessDeniedException", "CreateKey", message="second")
        with pytest.raises(KMSError, match="first") as caught:
            kms.create_key(place_once.client, "ES256")
        assert caught.value.code == "access-denied"
        assert place_once.states() == {}

    def test_the_tag_of_another_algorithm_is_refused_before_any_call(self, place_once):
        with pytest.raises(InputError) as caught:
            kms.create_key(place_once.client, "RS256", tags={"kmsjose:alg": "PS256"})
        assert caught.value.code == "usage"
        assert place_once.faults.calls == []
