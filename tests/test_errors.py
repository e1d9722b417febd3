"""The taxonomy: every code is declared, says what to do, and survives the way to another process."""

from __future__ import annotations

import ast
import copy
import pickle
from pathlib import Path

import pytest

import kmsjose
from kmsjose.errors import FetchError, InputError, KMSError, KmsJoseError, PolicyError, VerificationError

CLASSES = {cls.__name__: cls for cls in (VerificationError, PolicyError, InputError, KMSError, FetchError)}
EVERY = [(cls, code) for cls in CLASSES.values() for code in cls.codes]


def make(cls: type[KmsJoseError], code: str) -> KmsJoseError:
    if cls is PolicyError:
        return PolicyError(code, "what happened", (("kid", None), (None, "signature-invalid")))
    if cls is KMSError:
        return KMSError(
            code, "what happened", operation="Sign", aws_code="Throttling", request_id="r-1", retryable=True
        )
    if cls is FetchError:
        return FetchError(code, "what happened", status=503, retryable=True)
    return cls(code, "what happened")


@pytest.fixture(params=EVERY, ids=lambda pair: f"{pair[0].__name__}-{pair[1]}")
def error(request):
    return make(*request.param)


def test_a_code_is_lower_case_words(error):
    assert error.code == error.code.lower()
    assert error.code.replace("-", "").isalnum()


def test_each_code_says_what_to_do_in_one_line(error):
    assert error.hint
    assert "\n" not in error.hint
    assert not error.hint.endswith(".")


def test_its_text_is_the_message_then_the_hint(error):
    assert str(error) == f"what happened ({error.hint})"


@pytest.mark.parametrize("size", [1001, 5000, 1 << 20])
def test_a_message_is_bounded_whatever_it_names(size):
    message = f"{'x' * size} can't be read: the reason"
    error = InputError("file-unreadable", message)
    assert len(error.message) <= 1000
    assert error.message.startswith("xxx")
    assert f"({len(message)} characters, cut)" in error.message
    assert error.message.endswith("can't be read: the reason")
    assert pickle.loads(pickle.dumps(error)).message == error.message
    assert len(str(error)) < 1500
    assert len(repr(error)) < 1500


def test_a_message_of_a_usual_size_stays_as_it_is():
    assert InputError("usage", "x" * 1000).message == "x" * 1000


@pytest.mark.parametrize("way", [copy.copy, lambda error: pickle.loads(pickle.dumps(error))], ids=["copy", "pickle"])
def test_it_survives_the_way_to_another_process_whole(error, way):
    other = way(error)
    assert type(other) is type(error)
    assert vars(other) == vars(error)
    assert str(other) == str(error)


@pytest.mark.parametrize(
    "cls, status", [(VerificationError, 1), (PolicyError, 1), (InputError, 2), (KMSError, 3), (FetchError, 3)]
)
def test_the_class_says_the_exit_status(cls, status):
    assert cls.exit_status == status
    assert issubclass(cls, KmsJoseError)


def test_a_policy_error_is_a_verdict():
    error = make(PolicyError, "policy-unmet")
    assert isinstance(error, VerificationError)
    assert error.verdicts == (("kid", None), (None, "signature-invalid"))


@pytest.mark.parametrize("cls", [KmsJoseError, *CLASSES.values()], ids=lambda cls: cls.__name__)
def test_a_code_that_is_not_declared_is_a_mistake_of_ours(cls):
    with pytest.raises(AssertionError):
        cls("no-such-code", "m", ()) if cls is PolicyError else cls("no-such-code", "m")


def _raised() -> list[tuple[str, str, str]]:
    """(where, class, code) of each error that the package makes with a literal code."""
    found = []
    root = Path(kmsjose.__file__).parent
    for path in sorted(root.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not node.args or not isinstance(node.func, ast.Name):
                continue
            first = node.args[0]
            if node.func.id in CLASSES and isinstance(first, ast.Constant):
                found.append((f"{path.relative_to(root)}:{node.lineno}", node.func.id, first.value))
    return found


def test_every_code_that_the_package_raises_is_declared():
    raised = _raised()
    assert len(raised) > 50
    assert [entry for entry in raised if entry[2] not in CLASSES[entry[1]].codes] == []
