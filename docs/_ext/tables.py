"""Tables of the documentation that are read from the code when it is built, so that they can't fall behind it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import fields
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from kmsjose.algorithms import TABLE, Algorithm
from kmsjose.errors import KmsJoseError
from kmsjose.kms.permissions import ROLES, grants_of

Cell = nodes.Node | str


def code(value: object) -> Cell:
    """A value as code, or a dash where there is none."""
    return "–" if value is None else nodes.literal("", str(value))


def number(value: int) -> Cell:
    """A size, or a dash where it is 0."""
    return str(value) if value else "–"


def codes(values: Iterable[object]) -> Cell:
    """Several values as code, separated by commas."""
    together = nodes.inline()
    for index, value in enumerate(values):
        if index:
            together += nodes.Text(", ")
        together += nodes.literal("", str(value))
    return together


def type_name(value: object) -> Cell:
    """A class of `cryptography` as code."""
    return code(getattr(value, "__name__", value))


def object_name(value: Any) -> Cell:
    """The `name` of a curve or hash of `cryptography`, as code."""
    return code(None if value is None else value.name)


#: The algorithm tables: a title, and for each field of a row its heading and how it is shown.
ALGORITHM_TABLES: dict[str, dict[str, tuple[str, Callable[[Any], Cell]]]] = {
    "Names and key types": {
        "fully_specified": ("JOSE, fully specified", code),
        "cose": ("COSE", code),
        "cose_fully_specified": ("COSE, fully specified", code),
        "kty": ("JWK kty", code),
        "crv": ("JWK crv", code),
        "cose_kty": ("COSE kty", code),
        "cose_crv": ("COSE crv", code),
    },
    "In AWS KMS": {
        "key_specs": ("KeySpec", codes),
        "kms_algorithm": ("SigningAlgorithm", code),
        "message_type": ("MessageType", code),
        "raw_up_to": ("Sent as RAW up to (bytes)", number),
        "fips": ("FIPS 140-3", lambda value: str(value.value)),
    },
    "Signatures": {
        "family": ("Primitive", lambda value: str(value.value)),
        "hash": ("Hash", object_name),
        "curve": ("Curve", object_name),
        "public_key_type": ("Class in cryptography", type_name),
        "coordinate_size": ("Coordinate (bytes)", number),
        "signature_size": ("Signature (bytes)", lambda value: str(value) if value else "the modulus's"),
        "low_s": ("Signs low s", lambda value: "yes" if value else "–"),
    },
}


def table(headings: Sequence[str], rows: Iterable[tuple[str | None, Sequence[Cell]]]) -> nodes.table:
    """A table; each row has an id to link to, or None, and its cells."""
    group = nodes.tgroup(cols=len(headings))
    group += [nodes.colspec(colwidth=1) for _ in headings]
    head, body = nodes.thead(), nodes.tbody()
    head += _row(None, headings)
    body += [_row(anchor, cells) for anchor, cells in rows]
    group += [head, body]
    whole = nodes.table()
    whole += group
    return whole


def _row(anchor: str | None, cells: Sequence[Cell]) -> nodes.row:
    row = nodes.row(ids=[] if anchor is None else [anchor])
    for cell in cells:
        paragraph = nodes.paragraph()
        paragraph += nodes.Text(cell) if isinstance(cell, str) else cell
        entry = nodes.entry()
        entry += paragraph
        row += entry
    return row


class AlgorithmTables(SphinxDirective):
    """Every column of `kmsjose.algorithms.TABLE`."""

    def run(self) -> list[nodes.Node]:
        """The tables, each under its title."""
        shown = {"name", *(field for columns in ALGORITHM_TABLES.values() for field in columns)}
        missing = shown ^ {field.name for field in fields(Algorithm)}
        if missing:
            raise self.error(f"columns of the algorithm table that are not shown, or not there: {sorted(missing)}")
        result: list[nodes.Node] = []
        for title, columns in ALGORITHM_TABLES.items():
            rows = [
                (None, [code(row.name), *(show(getattr(row, field)) for field, (_, show) in columns.items())])
                for row in TABLE
            ]
            result.append(nodes.rubric("", title))
            result.append(table(["JOSE alg", *(heading for heading, _ in columns.values())], rows))
        return result


class ErrorTable(SphinxDirective):
    """Every code of every class of errors."""

    def run(self) -> list[nodes.Node]:
        """One table."""
        headings = ("Code", "Class", "Exit status", "What to do")
        rows = [
            (f"{kind.__name__}-{error}", (code(error), code(kind.__name__), str(kind.exit_status), hint(text)))
            for kind in classes(KmsJoseError)
            for error, text in kind.codes.items()
        ]
        return [table(headings, rows)]


class RoleTable(SphinxDirective):
    """Every permission of every role."""

    def run(self) -> list[nodes.Node]:
        """A table a role, each under its name."""
        result: list[nodes.Node] = []
        for role in ROLES:
            rows = [
                (
                    None,
                    (
                        codes(f"kms:{action}" for action in grant.actions),
                        *map(hint, (grant.target.value, grant.limit.value)),
                    ),
                )
                for grant in grants_of(role)
            ]
            result.append(nodes.rubric("", role.capitalize()))
            result.append(table(("Actions", "On", "Where"), rows))
        return result


def classes(base: type[KmsJoseError]) -> Iterator[type[KmsJoseError]]:
    """The subclasses of an error, in the order of the code, each followed by its own."""
    for kind in base.__subclasses__():
        yield kind
        yield from classes(kind)


def hint(text: str) -> Cell:
    """A hint, with what stands in backticks as code."""
    together = nodes.inline()
    for index, part in enumerate(text.split("`")):
        together += nodes.literal("", part) if index % 2 else nodes.Text(part)
    return together


def setup(app: Sphinx) -> dict[str, bool]:
    """Give Sphinx the directives."""
    app.add_directive("algorithm-tables", AlgorithmTables)
    app.add_directive("error-table", ErrorTable)
    app.add_directive("role-table", RoleTable)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
