"""A published folder: each file old or new and never between, whoever is killed, whatever stands in the way."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from kmsjose.errors import InputError
from kmsjose.keys import KeySet, PublicKey
from kmsjose.publishing.folder import exclusive, read_file, write_tree
from kmsjose.publishing.tree import JWKS, tree

OTHER = ".well-known/other"
OLD = {OTHER: b"old other", "a/did.json": b"old document", JWKS: b"old keys"}
NEW = {JWKS: b"new keys", OTHER: b"new other", "a/did.json": b"new document", ".well-known/b/c": b"new file"}

# A child for every call that changes the folder: it kills itself just before the call.
KILLED = """
import os, shutil, signal, sys
from pathlib import Path
from kmsjose.publishing.folder import exclusive, write_tree
from kmsjose.publishing.tree import JWKS

OLD, NEW = eval(sys.argv[2]), eval(sys.argv[3])
folder = Path(sys.argv[1])

def content():
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*") if path.is_file() and not path.name.startswith(".")
    }

def kill_at(step):
    left = step
    def before(call):
        def wrapped(*arguments, **options):
            nonlocal left
            left -= 1
            if left < 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return call(*arguments, **options)
        return wrapped
    for name in ("open", "mkdir", "fchmod", "fsync", "replace", "unlink"):
        setattr(os, name, before(getattr(os, name)))

def publish():
    with exclusive(folder):
        return write_tree(folder, NEW)

step = 0
while True:
    shutil.rmtree(folder, ignore_errors=True)
    write_tree(folder, OLD)
    child = os.fork()
    if not child:
        kill_at(step)
        publish()
        os._exit(0)
    _, status = os.waitpid(child, 0)
    found = content()
    for path in NEW:
        assert found.get(path) in (OLD.get(path), NEW[path]), (step, path)
    assert found[JWKS] == OLD[JWKS] or found == NEW, step
    publish()
    assert content() == NEW, step
    assert not [path for path in folder.rglob("*") if "unfinished" in path.name], step
    assert publish() == ()
    if not status:
        break
    assert os.WTERMSIG(status) == signal.SIGKILL, status
    step += 1
print(step)
"""


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def states(folder: Path) -> dict[Path, tuple[int, int, int]]:
    """What changes of a file or folder when it is touched."""
    found = {path: path.stat() for path in folder.rglob("*")}
    return {path: (status.st_ino, status.st_mtime_ns, status.st_mode) for path, status in found.items()}


def test_files_and_folders_are_made(tmp_path):
    folder = tmp_path / "new" / "site"
    assert write_tree(folder, NEW) == (OTHER, "a/did.json", ".well-known/b/c", JWKS)
    assert contents(folder) == NEW


def test_only_what_changes_is_written_and_the_jwk_set_last(tmp_path):
    write_tree(tmp_path, OLD)
    assert write_tree(tmp_path, OLD | {JWKS: b"new", "a/did.json": b"new"}) == ("a/did.json", JWKS)


def test_what_is_the_same_is_not_touched(tmp_path):
    write_tree(tmp_path, NEW)
    before = states(tmp_path)
    assert write_tree(str(tmp_path), NEW) == ()
    assert states(tmp_path) == before


def test_other_files_stay(tmp_path):
    (tmp_path / ".well-known").mkdir()
    (tmp_path / ".well-known" / "security.txt").write_text("mine")
    write_tree(tmp_path, NEW)
    assert contents(tmp_path) == NEW | {".well-known/security.txt": b"mine"}


def test_a_new_file_has_the_permissions_of_any_new_file(tmp_path):
    previous = os.umask(0o027)
    try:
        write_tree(tmp_path, NEW)
    finally:
        os.umask(previous)
    assert {stat.S_IMODE((tmp_path / path).stat().st_mode) for path in NEW} == {0o640}


def test_a_file_that_is_replaced_leaves_its_permissions(tmp_path):
    write_tree(tmp_path, OLD)
    (tmp_path / JWKS).chmod(0o604)
    write_tree(tmp_path, NEW)
    assert stat.S_IMODE((tmp_path / JWKS).stat().st_mode) == 0o604


def test_a_reader_keeps_the_file_that_it_has_open(tmp_path):
    write_tree(tmp_path, OLD)
    with (tmp_path / JWKS).open("rb") as served:
        write_tree(tmp_path, NEW)
        assert served.read() == OLD[JWKS]


def test_killed_at_every_step(tmp_path):
    command = [sys.executable, "-c", KILLED, str(tmp_path / "site"), repr(OLD), repr(NEW)]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert ran.returncode == 0, ran.stderr
    assert int(ran.stdout) > 20


def test_a_full_disk_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch, refused):
    write_tree(tmp_path, OLD)

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with refused("file-unwritable", InputError) as caught:
        write_tree(tmp_path, OLD | {OTHER: b"new"})
    assert str(tmp_path / OTHER) in caught.value.message
    assert "No space left on device" in caught.value.message
    monkeypatch.undo()
    assert contents(tmp_path) == OLD


@pytest.mark.parametrize("path", [JWKS, OTHER])
@pytest.mark.parametrize("kind", ["link", "dangling", "folder", "fifo"])
def test_what_is_no_file_in_the_place_of_one_is_refused_and_stays(tmp_path, path, kind, refused):
    site, outside = tmp_path / "site", tmp_path / "outside"
    outside.write_bytes(b"outside")
    write_tree(site, OLD)
    target = site / path
    target.unlink()
    if kind in {"link", "dangling"}:
        target.symlink_to(outside if kind == "link" else tmp_path / "nothing")
    elif kind == "folder":
        target.mkdir()
    else:
        os.mkfifo(target)
    before = target.lstat()
    with refused("file-unwritable", InputError) as caught:
        write_tree(site, NEW)
    assert str(target) in caught.value.message
    with refused("file-unreadable", InputError):
        read_file(site, path)
    assert target.lstat() == before
    assert outside.read_bytes() == b"outside"
    assert not (tmp_path / "nothing").exists()


@pytest.mark.parametrize("folder", [".well-known", "a"])
@pytest.mark.parametrize("kind", ["link", "file"])
def test_what_is_no_folder_is_refused_before_anything_changes(tmp_path, folder, kind, refused):
    site, outside = tmp_path / "site", tmp_path / "outside"
    outside.mkdir()
    site.mkdir()
    if kind == "link":
        (site / folder).symlink_to(outside)
    else:
        (site / folder).write_bytes(b"mine")
    with refused("file-unwritable", InputError):
        write_tree(site, NEW)
    assert not list(outside.iterdir())
    assert contents(site) == ({} if kind == "link" else {folder: b"mine"})


def test_the_folder_itself_may_be_a_link(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    write_tree(tmp_path / "link", NEW)
    assert contents(tmp_path / "real") == NEW


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_can_not_be_written_is_told(tmp_path, refused):
    tmp_path.chmod(0o555)
    with refused("file-unwritable", InputError):
        write_tree(tmp_path, NEW)


def test_a_file_in_the_place_of_the_root_is_told(tmp_path, refused):
    (tmp_path / "site").write_bytes(b"mine")
    for call in (lambda: write_tree(tmp_path / "site", NEW), lambda: exclusive(tmp_path / "site").__enter__()):
        with refused("file-unwritable", InputError):
            call()
    with refused("file-unreadable", InputError):
        read_file(tmp_path / "site", JWKS)


@pytest.mark.parametrize(
    "path", ["", "/", "/a", "..", "../a", "a/../b", "a/..", "./a", "a//b", "a/", "a\0b", "a\nb", "."]
)
def test_a_path_that_leads_elsewhere_is_refused(tmp_path, path, refused):
    with refused("usage", InputError):
        write_tree(tmp_path / "site", {path: b""})
    with refused("usage", InputError):
        read_file(tmp_path, path)
    assert not (tmp_path / "a").exists()


def test_what_is_not_there_reads_as_nothing(tmp_path):
    assert read_file(tmp_path, JWKS) is None
    assert read_file(tmp_path / "none", JWKS) is None


def test_publishers_take_turns_and_lose_no_key(tmp_path):
    """Each adds its own key to those that are there, as a publisher does; without the lock some would be lost."""
    from kmsjose.publishing.published import published_keys

    materials = [ec.derive_private_key(number, ec.SECP256R1()).public_key() for number in range(1, 9)]

    def publish(material: ec.EllipticCurvePublicKey) -> None:
        with exclusive(tmp_path):
            write_tree(tmp_path, tree(KeySet([*published_keys(tmp_path), PublicKey.of(material)])))

    threads = [threading.Thread(target=publish, args=(material,)) for material in materials]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(json.loads((tmp_path / JWKS).read_bytes())["keys"]) == len(materials)


def test_another_process_waits_for_its_turn(tmp_path):
    program = (
        "import sys; from kmsjose.publishing.folder import exclusive\n"
        "print('ready', flush=True)\n"
        "with exclusive(sys.argv[1]): print('has it', flush=True)"
    )
    with exclusive(tmp_path):
        other = subprocess.Popen([sys.executable, "-c", program, str(tmp_path)], stdout=subprocess.PIPE, text=True)
        assert other.stdout is not None
        assert other.stdout.readline() == "ready\n"
        with pytest.raises(subprocess.TimeoutExpired):
            other.wait(0.5)
    assert other.communicate(timeout=60) == ("has it\n", None)


def test_an_error_of_the_caller_frees_the_lock_and_stays_what_it_is(tmp_path):
    with pytest.raises(PermissionError), exclusive(tmp_path):
        raise PermissionError("the caller's")
    with exclusive(tmp_path):
        pass
