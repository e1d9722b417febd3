"""Children of a process whose threads are busy."""

from __future__ import annotations

import faulthandler
import os
import threading
import traceback
from contextlib import contextmanager

#: Seconds until a child is taken for hung.
PATIENCE = 30


def forked(work):
    """Fork, do the work in the child, and end it there; the parent is given the child's id."""
    child = os.fork()
    if child:
        return child
    status = 1
    try:
        faulthandler.dump_traceback_later(PATIENCE, exit=True)
        work()
        status = 0
    finally:
        if status:
            traceback.print_exc()
        os._exit(status)


def ended(child):
    """Wait until a child has ended; it ends by itself within its patience. Its status, 0 for done."""
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)


def succeeds_in_child(work):
    return ended(forked(work)) == 0


@contextmanager
def busy(work):
    """Another thread is in the midst of some work, until the block ends."""
    inside, done = threading.Event(), threading.Event()

    def within():
        inside.set()
        assert done.wait(PATIENCE)

    thread = threading.Thread(target=work, args=(within,), daemon=True)
    thread.start()
    assert inside.wait(PATIENCE)
    try:
        yield
    finally:
        done.set()
        thread.join(PATIENCE)
        assert not thread.is_alive()
