"""`kmsjose audit`: the record of signatures."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import chain
from typing import TYPE_CHECKING

import rich_click as click

from ..errors import VerificationError
from ..words import counted
from . import audit_views, screen, streams
from .command import InOrder, examples
from .durations import Moment
from .options import as_json, wide

if TYPE_CHECKING:
    from ..kms.audit_join import Joined


@click.group(cls=InOrder)
def audit() -> None:
    """Look at the record of signatures that --audit-log keeps."""


@audit.command(
    epilog=examples(
        "kmsjose audit join audit.log cloudtrail/",
        "kmsjose audit join --key arn:aws:kms:eu-west-1:111122223333:key/mrk-12ab34cd56ef audit.log cloudtrail/",
        "kmsjose audit join --since 2026-01-02T00:00Z --until 2026-01-03T00:00Z audit.log events.json",
        "zcat -f audit.log* | kmsjose audit join --json - cloudtrail/",
    )
)
@click.argument("log", metavar="LOG", type=click.Path(readable=False))
@click.argument("cloudtrail", metavar="CLOUDTRAIL", type=click.Path(readable=False))
@click.option(
    "--key", "keys", metavar="ARN", multiple=True, help="Watch this key too, even if the log has no line of it."
)
@click.option("--all-keys", is_flag=True, help="Watch every key, not only those in the log.")
@click.option("--since", type=Moment(), metavar="TIME", help="Leave out what is on one side only and older.")
@click.option("--until", type=Moment(), metavar="TIME", help="Leave out what is on one side only and not older.")
@wide
@as_json
def join(
    *,
    log: str,
    cloudtrail: str,
    keys: Sequence[str],
    all_keys: bool,
    since: datetime | None,
    until: datetime | None,
    wide: bool,
    as_json: bool,
) -> None:
    """Compare an audit log with CloudTrail, and show the signatures that are on one side only.

    CLOUDTRAIL is a file or folder of what CloudTrail delivers to S3, of its events as JSON lines, or of what
    `aws cloudtrail lookup-events` prints. The exit status is 0 if both sides agree.
    """
    from ..kms.audit_join import join as join_both
    from ..kms.trail import sign_events, trail_files

    files, aside = trail_files(cloudtrail)
    if aside:
        streams.say(
            f"note: {counted(len(aside), 'file is', 'files are')} left aside, by the name no events: {aside[0]}"
        )
    events = chain.from_iterable(map(sign_events, files))
    # A log of a time without a signature is an empty file; a pipe that brings nothing is a mistake.
    with streams.payload(log, may_be_empty=log != "-") as records:
        joined = join_both(records, events, keys=keys, all_keys=all_keys)
        joined = joined.between(since, until)
    if as_json:
        screen.print_json(audit_views.as_dict(joined))
    else:
        _show(joined, wide=wide)
    if joined.left_out:
        streams.say(
            f"note: {counted(joined.left_out, 'event')} of keys that are not watched; --key watches one, --all-keys all"
        )
    if not joined.agrees:
        raise VerificationError("audit-mismatch", audit_views.summary(joined))
    streams.say(f"good: {audit_views.summary(joined)}")


def _show(joined: Joined, *, wide: bool) -> None:
    rows = list(audit_views.rows(joined))
    if rows:
        screen.table(audit_views.COLUMNS, rows, audit_views.WHOLE, wide=wide, more=audit_views.MORE)
    for bad in joined.bad_lines:
        screen.print_line(f"line {bad.line} of the log: {bad.reason}")
