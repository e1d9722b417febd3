"""How the code is changed: mutmut's operators, less those that change wording, and more that remove a check.

mutmut has no operator that removes a statement, and a check whose removal nobody notices is the fault that matters
here. On the other hand, what an error's message says decides nothing, so messages are left alone; codes are changed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import libcst as cst
import libcst.matchers as m
from mutmut.mutation import mutators
from mutmut.mutation.file_mutation import MutationVisitor

#: A text of one word may be a code, a member name or a mode; more words are for people.
_WORD = re.compile(r"[A-Za-z0-9_.:/+=-]{1,40}")
#: Calls whose arguments are for people: the code that stands first is changed as a text.
_TELLS = m.Call(func=m.Name(m.MatchRegex(r".*(Error|Warning)")) | m.Attribute(attr=m.Name("debug")))


def removed_statement(node: cst.BaseSmallStatement) -> Iterator[cst.Pass]:
    """A raise, or a call whose answer nobody takes, is left out."""
    if m.matches(node, m.Raise() | m.Expr(m.Call())):
        yield cst.Pass()


def forced_condition(node: cst.If) -> Iterator[cst.If]:
    """A condition is always met, and never."""
    for name in ("True", "False"):
        yield node.with_changes(test=cst.Name(name))


def changed_word(node: cst.BaseString) -> Iterator[cst.SimpleString]:
    """A text of one word becomes another."""
    if not isinstance(node, cst.SimpleString) or len(node.quote) != 1:
        return
    value = node.raw_value
    if _WORD.fullmatch(value):
        yield node.with_changes(value=f"{node.prefix}{node.quote}XX{value}{node.quote}")


def changed_arguments(node: cst.Call) -> Iterable[cst.Call]:
    """mutmut's own, but for what tells people something."""
    return () if m.matches(node, _TELLS) else mutators.operator_arg_removal(node)


_REPLACED = {mutators.operator_string: changed_word, mutators.operator_arg_removal: changed_arguments}


def _is_checked(node: cst.CSTNode) -> bool:
    """Whether a function has no decorator but the one that refuses wrong types, which may be repeated for each copy."""
    return isinstance(node, cst.FunctionDef) and m.matches(
        node, m.FunctionDef(decorators=[m.Decorator(m.Name("checked"))])
    )


def _wording_of(node: cst.CSTNode) -> list[cst.CSTNode]:
    """What a call tells people, with what is filled into it: texts around which stands more than one word."""
    words = m.FormattedString(parts=[m.ZeroOrMore(), m.FormattedStringText(m.MatchRegex(r"(?s).* .*")), m.ZeroOrMore()])
    return list(m.findall(node, words)) if m.matches(node, _TELLS) else []


def install() -> None:
    """Give mutmut these operators, and let it change the public calls, which it would pass over for their decorator."""
    skips = MutationVisitor._skip_node_and_children

    wording: set[cst.CSTNode] = set()

    def skip(visitor: MutationVisitor, node: cst.CSTNode) -> bool:
        wording.update(_wording_of(node))
        return node in wording or (not _is_checked(node) and skips(visitor, node))

    MutationVisitor._skip_node_and_children = skip
    ours = [(kind, _REPLACED.get(operator, operator)) for kind, operator in mutators.mutation_operators]
    mutators.mutation_operators[:] = [
        *ours,
        (cst.BaseSmallStatement, removed_statement),
        (cst.If, forced_condition),
    ]
