"""Text from outside, made harmless for a terminal."""

from __future__ import annotations

import json
from typing import Final

#: Characters of which it is kept how they are written: more than one text has, less than a hostile one may have.
_KEPT: Final = 1024


class _Escapes(dict[int, str]):
    """What `str.translate` writes for a character: an escape if it is unseen, else itself."""

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json
        # The ends of lines in JSON are its own: in a string they are escaped already.
        super().__init__({ord("\n"): "\n"} if as_json else {})

    def __missing__(self, code: int) -> str:
        written = self._written(chr(code))
        if len(self) < _KEPT:
            self[code] = written
        return written

    def _written(self, character: str) -> str:
        if character.isprintable():
            return character
        return json.dumps(character)[1:-1] if self._as_json else character.encode("unicode_escape").decode("ascii")


_IN_TEXT: Final = _Escapes(as_json=False)
_IN_JSON: Final = _Escapes(as_json=True)


def visible(text: str) -> str:
    r"""Text of one line in which control, direction and other unseen characters stand escaped.

    >>> visible("a\x1b[31m\u202eb\n")
    'a\\x1b[31m\\u202eb\\n'
    """
    return text if text.isprintable() else text.translate(_IN_TEXT)


def json_text(value: object, *, indent: int | None = 2) -> str:
    r"""JSON of the same value, in which such characters stand as JSON's own escapes.

    >>> json_text("\x9b", indent=None)
    '"\\u009b"'
    """
    text = json.dumps(value, ensure_ascii=False, indent=indent)
    return text if text.isprintable() else text.translate(_IN_JSON)
