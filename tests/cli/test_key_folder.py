"""The folder of ``--local``: made by the first key alone."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize("command", [["key", "list"], ["key", "show", "alias/issuer"], ["export", "alias/issuer"],
                                     ["key", "enable", "alias/issuer"], ["key", "delete", "alias/issuer"],
                                     ["jws", "sign", "--key", "alias/issuer"], ["key", "unalias", "issuer"],
                                     ["key", "create", "--alg", "nonsense"]])  # fmt: skip
def test_a_mistyped_folder_is_not_made(run, tmp_path, command):
    run("--local", tmp_path / "typo", *command, stdin=b"payload")
    assert list(tmp_path.iterdir()) == []


def test_the_first_key_makes_it(run, tmp_path):
    run("--local", tmp_path / "keys", "key", "create", "--alg", "ES256").ok()
    assert (tmp_path / "keys").is_dir()
