"""`--audit-log`, `--audit-label` and `kmsjose audit join`."""

from __future__ import annotations

import gzip
import json
import stat

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kmsjose.kms import SignatureRecord
from tests.kms.cloudtrail import CALLER, delivered, lines, looked_up, sign_event

SECRET = "a-claim-that-nobody-else-may-see"
CLAIMS = json.dumps({"sub": SECRET})


def records(path):
    return [SignatureRecord.from_json(line) for line in path.read_bytes().splitlines()]


@pytest.fixture
def audit_log(tmp_path):
    return tmp_path / "audit.log"


@pytest.fixture
def logged(local, audit_log):
    """Three signatures of three commands, and their records."""
    for number in range(3):
        local("--audit-log", audit_log, "--audit-label", f"ticket-{number}", "jwt", "sign", "--key", "alias/issuer",
              stdin=CLAIMS).ok()  # fmt: skip
    return records(audit_log)


@pytest.fixture
def trail(tmp_path):
    def write(*events, form=delivered):
        path = tmp_path / "events.json"
        path.write_text(form(events))
        return path

    return write


class TestTheLog:
    @pytest.mark.parametrize("command, stdin, alg", [
        (["jwt", "sign", "--key", "alias/issuer"], CLAIMS, "ES256"),
        (["jws", "sign", "--key", "alias/ed"], SECRET, "EdDSA"),
        (["jws", "sign", "--detached", "--key", "alias/rsa", "--alg", "PS384"], SECRET, "PS384"),
        (["cose", "sign", "--key", "alias/issuer"], SECRET, "ES256"),
        (["cwt", "sign", "--key", "alias/issuer"], CLAIMS, "ES256"),
        (["vc", "issue", "--key", "alias/issuer"], json.dumps({
            "@context": ["https://www.w3.org/ns/credentials/v2"], "type": ["VerifiableCredential"],
            "issuer": "https://issuer.example", "credentialSubject": {"name": SECRET}}), "ES256"),
    ], ids=lambda value: " ".join(value[:2]) if isinstance(value, list) else "")  # fmt: skip
    def test_has_each_signature_without_its_content(self, local, made, audit_log, command, stdin, alg):
        local("--audit-log", audit_log, *command, stdin=stdin).ok()
        (record,) = records(audit_log)
        assert record.alg == alg
        assert record.key_arn in made.arns.values()
        assert record.label is None
        assert SECRET not in audit_log.read_text()
        assert SECRET.encode().hex() not in audit_log.read_text()

    def test_has_each_signature_of_a_message_of_several(self, local, made, audit_log):
        local("--audit-log", audit_log, "--audit-label", "ticket 7", "jws", "sign", "--key", "alias/issuer",
              "--key", "alias/ed", stdin="text").ok()  # fmt: skip
        assert [record.alg for record in records(audit_log)] == ["ES256", "EdDSA"]
        assert {record.label for record in records(audit_log)} == {"ticket 7"}

    def test_is_its_owners_alone(self, logged, audit_log):
        assert stat.S_IMODE(audit_log.stat().st_mode) == 0o600

    def test_grows_by_each_command_and_has_its_label(self, logged):
        assert [record.label for record in logged] == ["ticket-0", "ticket-1", "ticket-2"]
        assert len({record.request_id for record in logged}) == 3

    def test_may_be_named_by_the_environment(self, local, audit_log, monkeypatch):
        monkeypatch.setenv("KMSJOSE_AUDIT_LOG", str(audit_log))
        local("jwt", "sign", "--key", "alias/issuer", stdin="{}").ok()
        assert len(records(audit_log)) == 1

    def test_is_not_touched_by_what_signs_nothing(self, local, made, audit_log):
        local("--audit-log", audit_log, "export", "alias/issuer").ok()
        local("--audit-log", audit_log, "key", "list").ok()
        assert not audit_log.exists() or audit_log.read_bytes() == b""

    def test_that_cannot_be_written_lets_nothing_be_signed(self, local, tmp_path):
        sign = ("jwt", "sign", "--key", "alias/issuer")
        local("--audit-log", tmp_path / "no" / "audit.log", *sign, stdin="{}").refused(2, "file-unwritable")
        local("--audit-log", tmp_path, *sign, stdin="{}").refused(2, "file-unwritable")

    def test_that_fails_meanwhile_lets_no_signature_out(self, local, audit_log, monkeypatch):
        from kmsjose.kms import AuditLog

        def fail(self, line):
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(AuditLog, "_append", fail)
        ran = local("--audit-log", audit_log, "jwt", "sign", "--key", "alias/issuer", stdin="{}")
        assert "No space left" in ran.refused(3, "audit-failed").stderr

    def test_a_label_needs_a_log(self, local):
        local("--audit-label", "x", "jwt", "sign", "--key", "alias/issuer", stdin="{}").refused(2, "usage")

    @pytest.mark.parametrize("label", ["", "x" * 257, "two\nlines", "\x1b[31m"])
    def test_a_label_that_cannot_be_is_refused_before_anything_is_signed(self, local, audit_log, label):
        ran = local(
            "--audit-log", audit_log, "--audit-label", label, "jwt", "sign", "--key", "alias/issuer", stdin="{}"
        )
        ran.refused(2, "usage")
        assert not audit_log.exists() or audit_log.read_bytes() == b""


class TestJoin:
    @pytest.mark.parametrize("form", [delivered, looked_up, lines])
    def test_both_sides_agree(self, run, audit_log, logged, trail, form):
        ran = run("audit", "join", "--wide", audit_log, trail(*map(sign_event, logged), form=form)).ok()
        assert ran.text == ""
        assert ran.stderr == "good: 3 signatures on both sides\n"

    def test_what_is_on_one_side_only_is_shown(self, run, audit_log, logged, trail):
        foreign = sign_event(logged[0], requestID="foreign", userIdentity={"arn": "arn:aws:iam::111122223333:user/eve"})
        ran = run("audit", "join", "--wide", audit_log, trail(sign_event(logged[0]), sign_event(logged[2]), foreign))
        assert ran.status == 1
        head, ours, theirs = ran.text.splitlines()
        assert head.split() == ["SIDE", "TIME", "KEY", "ALGORITHM", "KID", "REQUEST", "CALLER", "LABEL"]
        assert ours.startswith("log only ")
        for told in (logged[1].key_arn, logged[1].kid, logged[1].request_id, "ES256", "ticket-1"):
            assert told in ours
        assert theirs.startswith("CloudTrail only ")
        for told in (logged[0].key_arn, "foreign", "ECDSA_SHA_256", "arn:aws:iam::111122223333:user/eve"):
            assert told in theirs
        assert ran.stderr.startswith(
            "error[audit-mismatch]: 2 signatures on both sides, 1 in the log only, 1 in CloudTrail only ("
        )

    def test_another_key_is_shown_on_both_sides(self, run, made, audit_log, logged, trail):
        other = made.arns["ed"]
        changed = sign_event(logged[0], resources=[{"ARN": other}])
        ran = run("audit", "join", "--wide", audit_log, trail(changed, sign_event(logged[1]), sign_event(logged[2])))
        assert ran.status == 1
        _, ours, theirs = ran.text.splitlines()
        assert ours.startswith("other key: log ")
        assert logged[0].key_arn in ours
        assert theirs.startswith("other key: CloudTrail ")
        assert other in theirs

    def test_bad_lines_are_told_by_their_numbers(self, run, audit_log, logged, trail):
        with audit_log.open("a") as file:
            file.write("damaged\n" + logged[1].to_json() + "\n" + logged[2].to_json()[:70])
        ran = run("audit", "join", "--wide", audit_log, trail(*map(sign_event, logged)))
        assert ran.status == 1
        assert ran.text.splitlines() == [
            "line 4 of the log: no record of a signature",
            f"line 5 of the log: a second record of request {logged[1].request_id}",
            "line 6 of the log: cut off, as by a crash or a full disk",
        ]
        assert "3 signatures on both sides, 3 lines are bad" in ran.stderr

    def test_machines_get_all_of_it(self, run, audit_log, logged, trail):
        ran = run("audit", "join", "--json", audit_log, trail(sign_event(logged[0]), sign_event(logged[1]),
                  sign_event(logged[1], requestID="foreign")))  # fmt: skip
        assert ran.status == 1
        assert ran.json == {
            "agrees": False,
            "both": 2,
            "log_only": [json.loads(logged[2].to_json())],
            "cloudtrail_only": [{
                "time": logged[1].time.strftime("%Y-%m-%dT%H:%M:%SZ"), "request_id": "foreign",
                "key": logged[1].key_arn, "kms_algorithm": "ECDSA_SHA_256", "caller": CALLER,
            }],
            "other_key": [],
            "other_alg": [],
            "bad_lines": [],
            "left_out": 0,
        }  # fmt: skip
        good = run("audit", "join", "--json", audit_log, trail(*map(sign_event, logged))).ok()
        assert (good.json["agrees"], good.json["both"]) == (True, 3)

    def test_other_keys_are_counted_if_they_are_asked_for(self, run, made, audit_log, logged, trail):
        foreign = sign_event(logged[0], requestID="foreign", resources=[{"ARN": made.arns["ed"]}])
        path = trail(*map(sign_event, logged), foreign)
        ran = run("audit", "join", "--wide", audit_log, path).ok()
        assert ran.stderr.startswith("note: 1 event of keys that are not watched; --key")
        assert run("audit", "join", "--all-keys", audit_log, path).status == 1
        watched = run("audit", "join", "--key", made.arns["ed"], audit_log, path)
        assert (watched.status, "1 in CloudTrail only" in watched.stderr, "note" in watched.stderr) == (1, True, False)
        run("audit", "join", "--key", "alias/ed", audit_log, path).refused(2, "usage")

    def test_another_algorithm_is_shown_on_both_sides(self, run, audit_log, logged, trail):
        audit_log.write_text(audit_log.read_text().replace('"ES256"', '"ES384"', 1))
        ran = run("audit", "join", "--wide", audit_log, trail(*map(sign_event, logged)))
        assert ran.status == 1
        _, ours, theirs = ran.text.splitlines()
        assert ours.startswith("other alg: log ")
        assert "ES384" in ours
        assert theirs.startswith("other alg: CloudTrail ")
        assert "ECDSA_SHA_256" in theirs
        assert "2 signatures on both sides, 1 by another algorithm" in ran.stderr

    def test_a_log_without_a_line_never_agrees_with_signatures(self, run, audit_log, logged, trail):
        audit_log.write_bytes(b"\n")
        assert run("audit", "join", "--wide", audit_log, trail(*map(sign_event, logged))).status == 1

    def test_a_span_of_time(self, run, audit_log, logged, trail):
        path = trail(sign_event(logged[0]))
        assert run("audit", "join", "--wide", audit_log, path).status == 1
        run("audit", "join", "--until", "2020-01-01", audit_log, path).ok()
        run("audit", "join", "--since", "2999-01-01T00:00:00+01:00", audit_log, path).ok()
        assert run("audit", "join", "--since", "2020-01-01", "--until", "2999-01-01", audit_log, path).status == 1

    @pytest.mark.parametrize("time", ["yesterday", "2026-01-02T03:04", "2026-13-01", "", "2026-01-02T99:00Z", "7"])
    def test_a_time_that_is_none(self, run, audit_log, time):
        run("audit", "join", "--since", time, audit_log, audit_log).refused(2, "usage")

    def test_the_log_may_be_standard_input_and_cloudtrail_a_folder(self, run, tmp_path, audit_log, logged):
        folder = tmp_path / "cloudtrail"
        folder.mkdir()
        for number, record in enumerate(logged):
            (folder / f"{number}.json.gz").write_bytes(gzip.compress(delivered([sign_event(record)]).encode()))
        assert "note" not in run("audit", "join", "-", folder, stdin=audit_log.read_bytes()).ok().stderr
        (folder / "0.gz").write_bytes(b"anything")
        told = run("audit", "join", "-", folder, stdin=audit_log.read_bytes()).ok().stderr
        assert told.startswith("note: 1 file is left aside, by the name no events: ")

    def test_a_log_without_a_signature_is_compared(self, run, tmp_path, logged, trail):
        empty = tmp_path / "empty.log"
        empty.touch()
        assert "good: 0 signatures" in run("audit", "join", empty, trail()).ok().stderr
        joined = run("audit", "join", empty, trail(sign_event(logged[0])))
        assert joined.status == 1
        assert "audit-mismatch" in joined.stderr
        assert logged[0].request_id in joined.text

    def test_what_cannot_be_read_is_refused(self, run, tmp_path, audit_log, logged, trail):
        run("audit", "join", "--wide", audit_log, tmp_path / "nowhere").refused(2, "file-unreadable")
        run("audit", "join", tmp_path / "nowhere", trail()).refused(2, "file-unreadable")
        run("audit", "join", "--wide", audit_log, audit_log).refused(2, "trail-invalid")
        run("audit", "join", "--wide", audit_log).refused(2, "usage")
        run("audit", "join", "-", trail(), stdin=b"").refused(2, "empty-input")

    def test_what_the_two_sides_hold_cannot_steer_the_terminal(self, run, audit_log, logged, trail):
        hostile = sign_event(logged[0], requestID="\x1b[31m", userIdentity={"arn": "a\u202eb"})
        with audit_log.open("a") as file:
            file.write(json.dumps({**json.loads(logged[0].to_json()), "kid": "\x1b[2J", "request_id": "\n\n"}) + "\n")
        text = run("audit", "join", "--wide", audit_log, trail(hostile)).text
        assert text.replace("\n", "").isprintable()
        assert "\\x1b[31m" in text
        assert "\\x1b[2J" in text

    def test_it_needs_no_keys_and_no_aws(self, run, audit_log, logged, trail, monkeypatch):
        monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null/nothing")
        run("audit", "join", "--wide", audit_log, trail(*map(sign_event, logged))).ok()

    @settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(st.binary(max_size=60), st.binary(max_size=60))
    def test_any_two_files_are_a_verdict_or_one_error(self, run, tmp_path, log, events):
        (tmp_path / "log").write_bytes(log)
        (tmp_path / "trail").write_bytes(events)
        ran = run("audit", "join", tmp_path / "log", tmp_path / "trail")
        assert ran.status in (0, 1, 2)
        assert "internal" not in ran.stderr
