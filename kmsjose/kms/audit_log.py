"""The audit log: a file of JSON lines that many threads and processes append to."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from time import sleep
from typing import Final

from ..arguments import checked
from ..errors import InputError
from ..files import flush_folder, reason_of
from .audit import SignatureRecord

_OWNER_ONLY: Final = 0o600
# A link would lead elsewhere, and a pipe without a reader would wait for one; Windows has neither flag.
_FLAGS: Final = (
    os.O_RDWR
    | os.O_APPEND
    | os.O_CREAT
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)
)
_LINE_END: Final = b"\n"
#: Looks at what seems to be half a line, and seconds between them.
_LOOKS: Final = 3
_A_WRITE: Final = 0.001


class AuditLog:
    """A hook that appends each record to a file, as one line in one write.

    The file is opened for each record, so it may be renamed away at any time, and a process may fork. It is made for
    its owner alone if it is missing. A symbolic link, or what is no file, is refused.

    Args:
        path: The file; its folder must be there.
        fsync: Wait until each record is on the disk, not only with the system.

    Raises:
        InputError: ``file-unwritable``.

    >>> from tempfile import TemporaryDirectory
    >>> from kmsjose import KMSSigner, kms
    >>> client = kms.connect(local=":memory:")
    >>> arn = kms.create_key(client, "ES256")
    >>> with TemporaryDirectory() as folder:
    ...     log = AuditLog(Path(folder) / "audit.log")
    ...     signature = KMSSigner.open(client, arn, audit=log).sign(b"message")
    ...     SignatureRecord.from_json((Path(folder) / "audit.log").read_bytes()).alg
    'ES256'
    """

    __slots__ = ("_fsync", "path")

    @checked
    def __init__(self, path: str | os.PathLike[str], *, fsync: bool = False) -> None:
        try:
            self.path = Path(path).absolute()
            self._fsync = fsync
            os.close(self._open())
        except (OSError, ValueError) as error:
            raise self._unwritable(path, error) from error

    def __call__(self, record: SignatureRecord) -> None:
        """Append a record.

        Raises:
            InputError: ``file-unwritable``: it is not, or not wholly, in the log.
        """
        try:
            self._append(record.to_json().encode("ascii") + _LINE_END)
        except OSError as error:
            raise self._unwritable(self.path, error) from error

    def __repr__(self) -> str:
        return f"<AuditLog {self.path}>"

    def _append(self, line: bytes) -> None:
        descriptor = self._open()
        try:
            new = not os.fstat(descriptor).st_size
            # After half a line, which a full disk or a crash has left, a record begins a line of its own. If two
            # processes see it at the same time, an empty line comes between, which means nothing.
            data = _LINE_END + line if _is_torn(descriptor) else line
            if os.write(descriptor, data) != len(data):
                raise OSError(0, "the disk took only a part of the record")
            if self._fsync:
                os.fsync(descriptor)
                if new:
                    flush_folder(self.path.parent)
        finally:
            os.close(descriptor)

    def _open(self) -> int:
        descriptor = os.open(self.path, _FLAGS, _OWNER_ONLY)
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise OSError(0, "it is no file")
        return descriptor

    @staticmethod
    def _unwritable(path: str | os.PathLike[str], error: OSError | ValueError) -> InputError:
        return InputError("file-unwritable", f"the audit log {os.fspath(path)} can't be written: {reason_of(error)}")


def _is_torn(descriptor: int) -> bool:
    for _ in range(_LOOKS):
        size = os.fstat(descriptor).st_size
        if not size:
            return False
        os.lseek(descriptor, size - 1, os.SEEK_SET)  # O_APPEND writes at the end all the same
        if os.read(descriptor, 1) in {_LINE_END, b""}:
            return False
        # The size may be seen to grow in the midst of another's write, which is over in no time.
        sleep(_A_WRITE)
    return True
