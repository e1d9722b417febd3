"""A published folder: each file old or new and never between, whoever is killed, whatever stands in the way."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import stat
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from kmsjose.errors import InputError
from kmsjose.keys import KeySet, PublicKey
from kmsjose.publishing.folder import exclusive, read_file, write_tree
from kmsjose.publishing.published import published_issuer, published_keys
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


def test_bytes_are_on_the_disk_before_they_take_their_place_and_names_before_the_jwk_set(tmp_path, monkeypatch):
    """Without power, what is served is old or new as a whole, and no key is in the JWK Set alone."""
    order: list[str] = []
    names: dict[int, str] = {}
    opens, flushes, replaces = os.open, os.fsync, os.replace

    def spied_open(path, flags, mode=0o777, *, dir_fd=None):
        descriptor = opens(path, flags, mode, dir_fd=dir_fd)
        names[descriptor] = "new file" if flags & os.O_CREAT else os.path.basename(path)  # noqa: PTH119
        return descriptor

    def spied_fsync(descriptor):
        status = os.fstat(descriptor)
        size = f" of {status.st_size} bytes" if stat.S_ISREG(status.st_mode) else ""
        order.append(f"flush {names[descriptor]}{size}")
        flushes(descriptor)

    def spied_replace(source, target, **folders):
        order.append(f"replace {target}")
        replaces(source, target, **folders)

    (tmp_path / ".well-known").mkdir()
    monkeypatch.setattr(os, "open", spied_open)
    monkeypatch.setattr(os, "fsync", spied_fsync)
    monkeypatch.setattr(os, "replace", spied_replace)
    write_tree(tmp_path, {JWKS: b"keys", OTHER: b"other"})
    one_file = ["flush new file of {} bytes", "replace {}", "flush .well-known"]
    written = [(5, "other"), (4, "jwks.json")]
    assert order == [
        step.format(what) for size, name in written for step, what in zip(one_file, (size, name, ""), strict=True)
    ]
    order.clear()
    write_tree(tmp_path, {"new/did.json": b"document"})
    folder = tmp_path.name
    assert order == [f"flush {folder}", "flush new file of 8 bytes", "replace did.json", "flush new"]
    order.clear()
    # Who wrote them may have been killed before the names were on the disk.
    assert write_tree(tmp_path, {JWKS: b"keys", OTHER: b"other"}) == ()
    assert order == ["flush .well-known", "flush .well-known"]


def test_what_a_killed_run_has_left_is_removed_and_nothing_else(tmp_path):
    write_tree(tmp_path, OLD)
    left = [tmp_path / folder / ".kmsjose-unfinished-0123" for folder in (".well-known", "a")]
    mine = [tmp_path / ".well-known" / ".hidden", tmp_path / ".kmsjose-unfinished-elsewhere"]
    for path in left + mine:
        path.write_bytes(b"half")
    assert write_tree(tmp_path, OLD) == ()
    assert not [path for path in left if path.exists()]
    assert all(path.exists() for path in mine)


def test_a_write_that_fails_leaves_nothing_behind(tmp_path, monkeypatch, refused):
    write_tree(tmp_path, OLD)

    def fails(*_: object, **__: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "replace", fails)
    with refused("file-unwritable", InputError):
        write_tree(tmp_path, OLD | {OTHER: b"new"})
    assert contents(tmp_path) == OLD


def _descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))  # noqa: PTH208


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="the system does not list the descriptors of a process")
@pytest.mark.parametrize("kind", ["file", "fifo", "folder", "link", "none", "no folder"])
def test_no_descriptor_is_lost_whatever_stands_in_the_place_of_a_file(tmp_path, kind):
    write_tree(tmp_path, OLD)
    target = tmp_path / JWKS
    target.unlink()
    if kind == "file":
        target.write_bytes(b"mine")
    elif kind == "fifo":
        os.mkfifo(target)
    elif kind == "folder":
        target.mkdir()
    elif kind == "link":
        target.symlink_to(tmp_path / OTHER)
    path = f"{OTHER}/{JWKS}" if kind == "no folder" else JWKS

    def use() -> None:
        for call in (lambda: read_file(tmp_path, path), lambda: write_tree(tmp_path, {path: b"keys"})):
            with suppress(InputError):
                call()

    use()
    before = _descriptors()
    for _ in range(5):
        use()
    assert _descriptors() == before


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
    with refused("file-unreadable", InputError) as caught:
        read_file(site, path)
    assert str(target) in caught.value.message
    why = "symbolic link" if kind in {"link", "dangling"} else "it is not a regular file"
    assert why in caught.value.message
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
    with refused("file-unwritable", InputError) as caught:
        write_tree(site, NEW)
    assert str(site / folder) in caught.value.message
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


@pytest.mark.parametrize("content", ["text", None, 5, ["text"]], ids=repr)
def test_a_content_that_is_not_bytes_is_refused_before_anything_is_written(tmp_path, content, refused):
    with refused("usage", InputError) as caught:
        write_tree(tmp_path / "site", {"a": b"bytes", "b": content})
    assert "files of publishing.write_tree must be Mapping[str, bytes]" in caught.value.message
    assert not (tmp_path / "site").exists()


@pytest.mark.parametrize("name", ["x" * 300, "x" * 1_000_000, "x/" * 3000], ids=["part", "huge", "path"])
def test_a_name_that_is_too_long_for_any_file_is_refused(tmp_path, name, refused):
    with refused("file-unwritable", InputError), exclusive(tmp_path / name):
        raise AssertionError("there is no such folder")
    with refused("file-unwritable", InputError):
        write_tree(tmp_path / name, {"a": b""})
    for read in (lambda folder: read_file(folder, "a"), published_keys, published_issuer):
        with refused("file-unreadable", InputError):
            read(tmp_path / name)


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


@pytest.fixture
def locked(tmp_path):
    """A folder on which another process has a lock of some kind; gives the folder and the process."""
    program = (
        "import fcntl, os, sys, time\n"
        "fcntl.flock(os.open(sys.argv[1], os.O_RDONLY), int(sys.argv[2]))\n"
        "print('has it', flush=True); time.sleep(300)"
    )
    started = []

    def start(kind: int) -> tuple[Path, int]:
        command = [sys.executable, "-c", program, str(tmp_path), str(kind)]
        other = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        started.append(other)
        assert other.stdout is not None
        assert other.stdout.readline() == "has it\n"
        return tmp_path, other.pid

    yield start
    for other in started:
        other.kill()
        other.communicate()


@pytest.mark.parametrize("kind", [fcntl.LOCK_SH, fcntl.LOCK_EX])
def test_the_wait_for_another_ends_and_says_for_whom(locked, kind, refused):
    folder, pid = locked(kind)
    with refused("folder-busy", InputError) as caught, exclusive(folder, patience=0.1):
        raise AssertionError("it is not free")
    assert str(folder) in caught.value.message
    assert f"process {pid} (" in caught.value.message or "another process" in caught.value.message
    assert caught.value.exit_status == 2


def test_a_long_wait_is_said_once_while_it_lasts(locked, monkeypatch, refused):
    monkeypatch.setattr("kmsjose.file_lock._SILENCE", 0.0)
    folder, _ = locked(fcntl.LOCK_SH)
    said: list[str] = []
    with refused("folder-busy", InputError), exclusive(folder, patience=0.2, waiting=said.append):
        raise AssertionError("it is not free")
    (line,) = said
    assert line.startswith("waiting for ")
    assert line.endswith((f"another process, which has locked {folder}", f"), which has locked {folder}"))


def test_a_thread_of_the_same_process_is_waited_for_within_bounds_too(tmp_path, refused):
    with exclusive(tmp_path):
        with refused("folder-busy", InputError) as caught, exclusive(tmp_path, patience=0.05):
            raise AssertionError("it is not free")
        assert "another thread of this process" in caught.value.message or "another process" in caught.value.message
    with exclusive(tmp_path):
        pass


@pytest.mark.parametrize("patience", [float("inf"), float("nan")])
def test_a_wait_without_end_is_refused(tmp_path, refused, patience):
    with refused("usage", InputError), exclusive(tmp_path, patience=patience):
        raise AssertionError("it would have no end")


def test_who_has_a_lock_is_unknown_where_the_system_does_not_list_locks(tmp_path, monkeypatch, refused):
    monkeypatch.setattr("kmsjose.file_lock._LOCKS", tmp_path / "none")
    with (
        exclusive(tmp_path),
        refused("folder-busy", InputError) as caught,
        exclusive(tmp_path, patience=0),
    ):
        raise AssertionError("it is not free")
    assert "is locked by another process" in caught.value.message


def test_a_file_system_without_locks_is_told(tmp_path, monkeypatch, refused):
    def none(_descriptor: int, _how: int) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", none)
    with refused("file-unwritable", InputError) as caught, exclusive(tmp_path):
        raise AssertionError("it is not locked")
    assert "No locks available" in caught.value.message


def test_an_error_of_the_caller_frees_the_lock_and_stays_what_it_is(tmp_path):
    with pytest.raises(PermissionError), exclusive(tmp_path):
        raise PermissionError("the caller's")
    with exclusive(tmp_path):
        pass
