"""Numbers of things, as a person writes them."""

from __future__ import annotations


def counted(number: int, one: str, many: str = "") -> str:
    """A number with its noun.

    Args:
        number: How many there are.
        one: The noun of one.
        many: The noun of any other number; left out, with an s behind it.

    >>> counted(1, "line is bad", "lines are bad"), counted(0, "key")
    ('1 line is bad', '0 keys')
    """
    return f"{number} {one if number == 1 else many or f'{one}s'}"
