"""Text from outside, made harmless for a terminal."""

from __future__ import annotations

import json


def visible(text: str) -> str:
    r"""Text of one line in which control, direction and other unseen characters stand escaped.

    >>> visible("a\x1b[31m\u202eb\n")
    'a\\x1b[31m\\u202eb\\n'
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def json_text(value: object, *, indent: int | None = 2) -> str:
    r"""JSON of the same value, in which such characters stand as JSON's own escapes.

    >>> json_text("\x9b", indent=None)
    '"\\u009b"'
    """
    text = json.dumps(value, ensure_ascii=False, indent=indent)
    return "".join(c if c.isprintable() or c == "\n" else json.dumps(c)[1:-1] for c in text)
