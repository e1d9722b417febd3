"""`kmsjose rotate` and `kmsjose publish`: a key replaced from the command line."""

from __future__ import annotations

import fcntl
import json
import os
import re

import pytest

from kmsjose import kms

CLAIMS = '{"iss": "https://issuer.example", "sub": "alice"}'
JWKS = ".well-known/jwks.json"


@pytest.fixture
def site(tmp_path):
    return tmp_path / "site"


@pytest.fixture
def begun(fresh, site):
    """A rotation whose first key signs and is published; gives its ARN."""
    arn = fresh("rotate", "stage", "issuer", "--alg", "ES256").ok().line
    fresh("publish", site, "--issuer", "https://issuer.example").ok()
    fresh("rotate", "promote", "issuer", "--force").ok()
    return arn


def test_a_key_is_replaced_and_tokens_of_both_verify(fresh, run, begun, site, tmp_path):
    old = fresh("jwt", "sign", "--key", "alias/issuer", "--lifetime", "5m", stdin=CLAIMS).ok().line
    staged = fresh("rotate", "stage", "issuer").ok().line
    assert staged != begun
    fresh("publish", site).ok()
    promoted = fresh("rotate", "promote", "issuer", "--jwks-url", site / JWKS, "--cache-time", "0s").ok()
    assert promoted.line == staged
    fresh("rotate", "retire", "issuer", "--token-lifetime", "5m").ok()
    fresh("publish", site).ok()
    new = fresh("jwt", "sign", "--key", "alias/issuer", "--lifetime", "5m", stdin=CLAIMS).ok().line
    kids = {run("jwt", "verify", "--keys", site / JWKS, stdin=token).ok().stderr for token in (old, new)}
    assert len(kids) == 2


def test_what_is_not_due_ends_with_status_1_and_changes_nothing(fresh, begun, site):
    fresh("rotate", "stage", "issuer").ok()
    fresh("rotate", "promote", "issuer", "--jwks-url", site / JWKS).refused(1, "not-published")
    fresh("publish", site).ok()
    refused = fresh("rotate", "promote", "issuer", "--jwks-url", site / JWKS).refused(1, "not-due")
    assert re.search(r"promote it after 20\d\d-\d\d-\d\dT", refused.stderr)
    assert fresh("rotate", "status", "issuer", "--json").ok().json["active"] == begun


def test_a_key_is_disabled_watched_and_scheduled_for_deletion(fresh, begun, site):
    fresh("rotate", "stage", "issuer").ok()
    fresh("rotate", "drop", "issuer").ok()
    fresh("rotate", "promote", "issuer", "--force").ok()
    fresh("rotate", "drop", "issuer").refused(1, "not-due")
    fresh("rotate", "retire", "issuer", "--token-lifetime", "0s", "--handover", "0s").ok()
    dropped = _until_due(lambda: fresh("rotate", "drop", "issuer", "--watch", "0s"))
    assert "Disabled: " in dropped.stderr
    assert f"kmsjose key enable {begun}" in dropped.stderr
    deleted = _until_due(lambda: fresh("rotate", "drop", "issuer", "--watch", "0s", "--days", "7"))
    assert "Deletion on 20" in deleted.stderr
    assert fresh("key", "show", begun, "--json").ok().json["state"] == "PendingDeletion"
    assert "Nothing to drop" in fresh("rotate", "drop", "issuer").ok().stderr


def _until_due(step):
    """Do a step once it is due: the times of a rotation are whole seconds."""
    import time

    for _ in range(40):
        ran = step()
        if ran.status == 0:
            return ran
        ran.refused(1, "not-due")
        time.sleep(0.1)
    raise AssertionError("it was not due in 4 seconds")


def test_status_shows_the_keys_on_a_timeline_and_what_comes_next(fresh, begun, site):
    fresh("rotate", "stage", "issuer").ok()
    fresh("rotate", "promote", "issuer", "--force").ok()
    fresh("rotate", "retire", "issuer").ok()
    fresh("rotate", "stage", "issuer").ok()
    told = fresh("rotate", "status", "issuer").ok().text
    assert re.search(r"^\S{8}  retired  ES256  .*=+", told, re.MULTILINE)
    assert re.search(r"^\S{8}  active   ES256  ", told, re.MULTILINE)
    assert re.search(r"^\S{8}  staged   ES256  ", told, re.MULTILINE)
    assert re.search(r"^  drop \S{8}  in 25 h, at 20", told, re.MULTILINE)
    assert re.search(r"^  publish \S{8}  now: ", told, re.MULTILINE)
    assert begun in told


def test_status_as_json(fresh, begun):
    status = fresh("rotate", "status", "issuer", "--json").ok().json
    (key,) = status["keys"]
    assert (status["name"], status["active"], status["locked"]) == ("issuer", begun, False)
    assert (key["arn"], key["stage"], key["state"], key["alg"]) == (begun, "active", "Enabled", "ES256")
    assert status["next"] == [{"step": "stage", "key": None, "due": None, "why": "when a new key is wanted"}]


@pytest.mark.parametrize(
    "step",
    [
        ("status",), ("status", "--json"), ("promote", "--force"), ("promote", "--jwks-url", JWKS),
        ("retire",), ("retire", "--force"), ("revoke",), ("drop",),
    ],
    ids=" ".join,
)  # fmt: skip
def test_a_name_that_nobody_knows_is_not_found_whatever_is_asked_of_it(fresh, begun, site, monkeypatch, step):
    """A timer that takes status 1 for "not yet" must not pass over a mistyped name for ever."""
    monkeypatch.chdir(site)
    command, *options = step
    refused = fresh("rotate", command, "isuer", *options).refused(3, "not-found")
    assert "kmsjose rotate list" in refused.stderr


@pytest.fixture
def client(tmp_path):
    """A client of the keys of `fresh`."""
    return kms.connect(local=tmp_path / "keys")


@pytest.fixture
def several(fresh, begun):
    """Beside the rotation that is at rest, one whose first key is staged, and an alias that is of no rotation."""
    fresh("rotate", "stage", "audit/log", "--alg", "ES384").ok()
    fresh("key", "create", "--alg", "ES256", "--alias", "other").ok()


@pytest.mark.parametrize("command", ["list", "status"])
class TestList:
    def test_all_rotations_are_listed_with_their_next_step(self, fresh, several, command):
        head, audit, issuer = fresh("rotate", command).ok().text.splitlines()
        assert head.split() == ["NAME", "SIGNS", "KEYS", "NEXT"]
        assert re.fullmatch(r"audit/log  –         1     publish (\S{8}) now; promote \1 now", audit)
        assert re.fullmatch(r"issuer     \S{8}  1     stage now", issuer)

    def test_as_json_each_is_what_status_says_of_it(self, fresh, several, command):
        listed = fresh("rotate", command, "--json").ok().json
        alone = [fresh("rotate", "status", name, "--json").ok().json for name in ("audit/log", "issuer")]
        assert [_timeless(one) for one in listed] == [_timeless(one) for one in alone]

    def test_without_rotations_it_says_so(self, fresh, command):
        ran = fresh("rotate", command).ok()
        assert (ran.stdout, ran.stderr) == (b"", "There are no rotations here.\n")
        assert fresh("rotate", command, "--json").ok().json == []

    def test_one_that_is_damaged_hides_none_of_the_others(self, fresh, several, begun, client, command):
        client.tag_resource(KeyId=begun, Tags=[{"TagKey": "kmsjose:promoted", "TagValue": "today"}])
        ran = fresh("rotate", command)
        assert ran.status == 3
        assert "error[rotation-damaged]" in ran.stderr
        assert re.search(r"^audit/log .* publish \S{8} now", ran.text, re.MULTILINE)
        assert re.search(r"^issuer .* error: rotation-damaged$", ran.text, re.MULTILINE)
        ran = fresh("rotate", command, "--json")
        assert ran.status == 3
        assert ran.json[1] == {"name": "issuer", "error": "rotation-damaged"}

    def test_a_lock_is_shown(self, fresh, several, begun, client, command):
        client.create_alias(AliasName="alias/issuer/lock/1", TargetKeyId=begun)
        assert re.search(r"^issuer .* stage now; locked$", fresh("rotate", command).ok().text, re.MULTILINE)


def _timeless(status):
    return {name: value for name, value in status.items() if name != "time"}


@pytest.mark.parametrize("options", [(), ("--force", "--jwks-url", "x")])
def test_promote_looks_at_what_is_published_or_is_forced(fresh, begun, options):
    fresh("rotate", "promote", "issuer", *options).refused(2, "usage")


def test_promote_by_a_file_that_is_no_jwks(fresh, begun, tmp_path):
    fresh("rotate", "stage", "issuer").ok()
    (tmp_path / "x").write_text("<html>")
    fresh("rotate", "promote", "issuer", "--jwks-url", tmp_path / "x").refused(2, "key-invalid")
    fresh("rotate", "promote", "issuer", "--jwks-url", tmp_path / "none").refused(2, "file-unreadable")


def test_the_first_key_needs_its_algorithm(fresh):
    fresh("rotate", "stage", "issuer").refused(2, "alg-required")
    fresh("rotate", "stage", "issuer", "--alg", "HS256").refused(2, "alg-unknown")
    fresh("rotate", "promote", "issuer", "--force").refused(3, "not-found")


class TestRevoke:
    @pytest.fixture
    def rotated(self, fresh, begun, site):
        """Two keys after a normal rotation, both published; gives their ARNs, the old one first."""
        second = fresh("rotate", "stage", "issuer").ok().line
        fresh("rotate", "promote", "issuer", "--force").ok()
        fresh("rotate", "retire", "issuer").ok()
        fresh("publish", site).ok()
        return begun, second

    def kid(self, fresh, arn):
        return fresh("key", "show", arn, "--json").ok().json["tags"]["kmsjose:kid"]

    def test_the_key_that_signs_is_out_at_once(self, fresh, rotated, site):
        _, second = rotated
        ran = fresh("rotate", "revoke", "issuer").ok()
        kid = self.kid(fresh, second)
        assert ran.line == second
        assert f"Revoked: {kid}. It is disabled." in ran.stderr
        assert "Nothing signs for issuer now: kmsjose rotate stage issuer" in ran.stderr
        published = fresh("publish", site).ok()
        assert f"no longer published: ES256 {kid}" in published.stderr
        assert "note: the key that signs for issuer is revoked: run `kmsjose rotate stage issuer`" in published.stderr
        assert kid not in {jwk["kid"] for jwk in _keys(site)}

    def test_a_key_that_is_named_is_out_and_the_other_signs_on(self, fresh, rotated, site):
        first, second = rotated
        kid = self.kid(fresh, first)
        ran = fresh("rotate", "revoke", "issuer", "--key", kid).ok()
        assert ran.line == first
        assert "Nothing signs" not in ran.stderr
        assert "In KMS it is Disabled already" in fresh("rotate", "revoke", "issuer", "--key", kid).ok().stderr
        fresh("publish", site).ok()
        assert {jwk["kid"] for jwk in _keys(site)} == {self.kid(fresh, second)}

    def test_the_staged_key_takes_over(self, fresh, rotated, site):
        fresh("rotate", "stage", "issuer").ok()
        ran = fresh("rotate", "revoke", "issuer").ok()
        assert "kmsjose rotate promote issuer --force" in ran.stderr
        assert "kmsjose rotate promote issuer --force" in fresh("publish", site).ok().stderr
        assert "which is revoked." in fresh("rotate", "promote", "issuer", "--force").ok().stderr

    def test_the_steps_after_it_do_not_ask_to_enable_it(self, fresh, rotated, site):
        first, _ = rotated
        fresh("rotate", "revoke", "issuer", "--key", self.kid(fresh, first)).ok()
        assert "it is revoked" in fresh("rotate", "status", "issuer").ok().text
        assert "Nothing to retire" in fresh("rotate", "retire", "issuer").ok().stderr
        dropped = fresh("rotate", "drop", "issuer").ok().stderr
        assert "do not enable the key" in dropped
        assert "kmsjose key enable" not in dropped

    def test_a_kid_that_nobody_knows_ends_with_status_1(self, fresh, rotated):
        fresh("rotate", "revoke", "issuer", "--key", "mistyped").refused(1, "key-unknown")
        assert "KMS has no such key" in fresh("rotate", "revoke", "issuer", "--key", "mistyped").ok().stderr

    def test_the_last_key_leaves_an_empty_set(self, fresh, begun, site):
        fresh("rotate", "revoke", "issuer").ok()
        assert "published: no keys" in fresh("publish", site).ok().stderr
        assert _keys(site) == []
        fresh("rotate", "stage", "issuer").ok()
        fresh("publish", site).ok()
        fresh("rotate", "promote", "issuer", "--force").ok()
        assert len(_keys(site)) == 1

    def test_its_copies_in_other_regions_are_named_and_revoked_there(self, fresh, tmp_path):
        site = tmp_path / "other"
        arn = fresh("rotate", "stage", "global", "--alg", "ES256", "--multi-region").ok().line
        fresh("rotate", "promote", "global", "--force").ok()
        fresh("key", "replicate", arn, "eu-central-1").ok()
        key_id = arn.rpartition("/")[2]
        fresh("--region", "eu-central-1", "key", "alias", key_id, "global").ok()
        fresh("--region", "eu-central-1", "publish", site, "--name", "global").ok()
        ran = fresh("rotate", "revoke", "global").ok()
        again = ["--region", "eu-central-1", "rotate", "revoke", "global", "--key", key_id]
        assert f"signs on until it is revoked there too: kmsjose {' '.join(again)}" in ran.stderr
        fresh(*again).ok()
        fresh("--region", "eu-central-1", "publish", site, "--name", "global").ok()
        assert _keys(site) == []

    def test_a_key_that_a_rotation_has_is_not_withdrawn_in_silence(self, fresh, rotated, site):
        first, _ = rotated
        kid = self.kid(fresh, first)
        refused = fresh("publish", site, "--withdraw", kid).refused(1, "accounted")
        assert f"kmsjose rotate revoke issuer --key {kid}" in refused.stderr
        fresh("publish", site, "--withdraw", "mistyped").refused(2, "usage")

    def test_what_was_revoked_and_then_removed_from_kms_is_out_all_the_same(self, fresh, rotated, site):
        first, _ = rotated
        kid = self.kid(fresh, first)
        fresh("rotate", "revoke", "issuer", "--key", kid).ok()
        fresh("key", "delete", first).ok()
        fresh("key", "unalias", f"issuer/key/{first.rpartition('/')[2]}").ok()
        fresh("publish", site).ok()
        assert kid not in {jwk["kid"] for jwk in _keys(site)}


class TestPublish:
    def test_a_folder_that_somebody_keeps_locked_is_told_within_bounds(self, fresh, begun, site, monkeypatch):
        monkeypatch.setattr("kmsjose.publishing.folder.PATIENCE", 0.2)
        monkeypatch.setattr("kmsjose.file_lock._SILENCE", 0.0)
        before = (site / JWKS).read_bytes()
        fresh("rotate", "stage", "issuer").ok()
        descriptor = os.open(site, os.O_RDONLY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH)
            ran = fresh("publish", site).refused(2, "folder-busy")
        finally:
            os.close(descriptor)
        assert "waiting for " in ran.stderr
        assert str(site) in ran.stderr
        assert (site / JWKS).read_bytes() == before
        fresh("publish", site).ok()

    def test_a_publication_that_changes_nothing_writes_nothing(self, fresh, begun, site):
        before = {file: file.stat().st_mtime_ns for file in site.rglob("*") if file.is_file()}
        assert fresh("publish", site).ok().stdout == b""
        assert {file: file.stat().st_mtime_ns for file in site.rglob("*") if file.is_file()} == before

    def test_the_changed_files_are_printed(self, fresh, begun, site):
        fresh("rotate", "stage", "issuer").ok()
        ran = fresh("publish", site).ok()
        assert set(ran.text.split()) == {
            ".well-known/cose-keys.cbor", ".well-known/did.json", ".well-known/index.html",
            ".well-known/jwks.json", ".well-known/jwt-vc-issuer",
        }  # fmt: skip
        assert "new: ES256 " in ran.stderr
        assert "published: 2 keys" in ran.stderr

    def test_a_key_that_is_disabled_stays_published(self, fresh, begun, site):
        fresh("rotate", "stage", "issuer").ok()
        fresh("publish", site).ok()
        fresh("rotate", "promote", "issuer", "--force").ok()
        fresh("key", "disable", begun).ok()
        before = (site / JWKS).read_bytes()
        fresh("publish", site).ok()
        assert (site / JWKS).read_bytes() == before

    def test_a_disabled_key_is_not_lost_where_nothing_is_published(self, fresh, begun, site, tmp_path):
        fresh("rotate", "stage", "issuer").ok()
        fresh("rotate", "promote", "issuer", "--force").ok()
        fresh("key", "disable", begun).ok()
        fresh("publish", tmp_path / "other").refused(3, "key-disabled")
        assert not (tmp_path / "other" / JWKS).exists()

    def test_another_issuer_is_refused(self, fresh, begun, site):
        before = (site / ".well-known/did.json").read_bytes()
        fresh("publish", site, "--issuer", "https://other.example").refused(2, "usage")
        assert (site / ".well-known/did.json").read_bytes() == before

    def test_one_rotation_of_several_and_a_key_beside_it(self, fresh, begun, tmp_path):
        fresh("rotate", "stage", "receipts", "--alg", "EdDSA").ok()
        beside = fresh("key", "create", "--alg", "ES384").ok().line
        fresh("publish", tmp_path / "one", "--name", "receipts", "--key", beside).ok()
        assert _algs(tmp_path / "one") == ["EdDSA", "ES384"]
        fresh("publish", tmp_path / "both", "--name", "receipts", "--name", "issuer").ok()
        assert sorted(_algs(tmp_path / "both")) == ["ES256", "EdDSA"]

    def test_of_several_rotations_those_of_an_issuer_must_be_named(self, fresh, begun, site):
        fresh("rotate", "stage", "bank", "--alg", "EdDSA").ok()
        assert "bank, issuer" in fresh("publish", site).refused(2, "usage").stderr
        assert _algs(site) == ["ES256"]

    def test_a_key_is_not_withdrawn_because_an_option_was_forgotten(self, fresh, begun, site):
        beside = fresh("key", "create", "--alg", "ES384").ok().line
        fresh("publish", site, "--key", beside).ok()
        (kid,) = {jwk["kid"] for jwk in _keys(site) if jwk["alg"] == "ES384"}
        refused = fresh("publish", site).refused(1, "unaccounted")
        assert kid in refused.stderr
        assert sorted(_algs(site)) == ["ES256", "ES384"]
        fresh("publish", site, "--withdraw", kid).ok()
        assert _algs(site) == ["ES256"]
        fresh("publish", site, "--key", beside).refused(1, "revoked")

    def test_a_lost_key_is_out_at_once(self, fresh, begun, site):
        fresh("rotate", "stage", "issuer").ok()
        fresh("rotate", "promote", "issuer", "--force").ok()
        assert "Revoked: " in fresh("rotate", "retire", "issuer", "--force").ok().stderr
        assert "no longer published: " in fresh("publish", site).ok().stderr
        assert len(_algs(site)) == 1

    def test_no_key_at_all_is_refused(self, fresh, tmp_path):
        fresh("publish", tmp_path / "site").refused(2, "usage")
        assert not (tmp_path / "site" / JWKS).exists()

    def test_a_damaged_jwks_is_told_and_left(self, fresh, begun, site):
        (site / JWKS).write_text("{")
        refused = fresh("publish", site).refused(2, "key-invalid")
        assert "put an older copy in its place" in refused.stderr
        assert (site / JWKS).read_text() == "{"


def _keys(site):
    return json.loads((site / JWKS).read_text())["keys"]


def _algs(site):
    return [jwk["alg"] for jwk in _keys(site)]
