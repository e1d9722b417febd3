"""`kmsjose demo`, and that the commands which it names do what it says."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path


def test_it_tells_each_step_and_needs_no_aws(run, tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    told = run("demo").ok()
    assert told.stderr == ""
    for step in range(1, 7):
        assert re.search(rf"^{step}\. ", told.text, re.MULTILINE)
    assert "refused, as it must be: error[signature-invalid]: " not in told.stderr
    assert "refused, as it must be: error[signature-invalid]" in told.text
    assert list(tmp_path.iterdir()) == []


def test_the_commands_that_it_names_do_the_same(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    told = run("demo").ok().text
    Path("credential.json").write_text(re.search(r"^    \{.*?^    \}$", told, re.DOTALL | re.MULTILINE)[0])
    commands = re.findall(r"^  \$ (.*)$", told, re.MULTILINE)
    assert len(commands) == 6
    results = {}
    for command in commands:
        words = shlex.split(command)
        if words[0] == "export":
            monkeypatch.setenv(*words[1].split("="))
            continue
        line, _, target = " ".join(words[1:]).partition(" > ")
        if "changed.jwt" in line:
            break
        results[line] = run(*line.split()).ok()
        if target:
            Path(target).write_bytes(results[line].stdout)
    good, _, kid = results["vc verify --keys jwks.json credential.jwt"].stderr.strip().rpartition(" ")
    assert good in told
    assert kid not in told  # that of another key
    assert results["vc verify --keys jwks.json credential.jwt"].json == json.loads(Path("credential.json").read_text())
    header, payload, signature = Path("credential.jwt").read_text().strip().split(".")
    Path("changed.jwt").write_text(
        f"{header}.{payload[:20]}{'A' if payload[20] != 'A' else 'B'}{payload[21:]}.{signature}"
    )
    run(*shlex.split(commands[-1])[1:]).refused(1, "signature-invalid")
