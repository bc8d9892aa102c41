"""The last look at a converted file: broken on purpose, it is refused, and the text stays what it was."""

from __future__ import annotations

import ast
import dis
import functools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from porter.codes import Code
from porter.convert import Conversion, Options, convert_tree
from porter.findings import Finding, Level
from porter.rewrite.decide.change import CallPlan, NameEdit
from porter.rewrite.decide.decision import Choice
from porter.rewrite.decide.file import FilePlan
from porter.rewrite.edit import file, gate, splice
from porter.rewrite.edit.call import edit_call
from porter.rewrite.edit.gate import Written, fault
from porter.rewrite.edit.imports import import_edits
from porter.rules.load import RuleBook, load_rules
from porter.source.analyse import analyse
from porter.source.text import compiled
from porter.source.tree import Tree

SOURCE = """\
import torch.nn as nn

# two layers
a = nn.InstanceNorm3d(8)  # the first
b = nn.InstanceNorm3d(16, eps=1e-3)
c = nn.LeakyReLU()
"""


@functools.cache
def rules() -> RuleBook:
    """The shipped rules, read once."""
    return load_rules()


def convert(source: str | bytes, mark: bool = True) -> Conversion:
    """The conversion of a tree of one file."""
    data = source.encode() if isinstance(source, str) else source
    return convert_tree(Tree(Path(), {"net.py": data}), rules(), Options("mindspore", mark=mark))


def text_of(conversion: Conversion) -> str:
    """The one file after."""
    return conversion.files[0].after.decode()


def problem(before: str, after: str, *names: str, hashes: int = 0) -> str | None:
    """What the gate says."""
    scopes = analyse(ast.parse(before))
    return fault(before.encode(), scopes, after.encode(), Written(frozenset(names), hashes))


@pytest.mark.parametrize(
    ("before", "after", "names"),
    [
        ("x = 1\n", "x = 2\n", ()),
        ("import a\na.f()\n", "import b\nb.f()\n", ("a", "b")),
        ("# c\nx = 1\n", "x = 1  # c\n", ()),
        ("x = f('#1')\n", "x = f()\n", ("f",)),
        ("def f():\n    return later\nlater = 1\n", "def f():\n    return later\nlater = 2\n", ("later",)),
        ("f(unknown)\n", "f(unknown)\n", ("unknown",)),
        ("from a import *\nf()\n", "from a import *\ng()\n", ("g",)),
        ("import a\ndef f():\n    a.x\n", "import b\ndef f(b=b):\n    b.x\n", ("a", "b")),
        ("x = print\n", "x = len\n", ("len",)),
        ("# -*- coding: latin-1 -*-\nx = 'é'\n", "# -*- coding: latin-1 -*-\nx = 'éé'\n", ()),
    ],
)
def test_a_healthy_result_passes(before: str, after: str, names: tuple[str, ...]) -> None:
    assert problem(before, after, *names) is None


@pytest.mark.parametrize(
    ("before", "after", "names", "said"),
    [
        ("x = 1\n", "x = (1\n", (), "does not compile"),
        ("f(a=1)\n", "f(a=1, a=2)\n", (), "does not compile"),
        ("x = 1\n", "return 1\n", (), "does not compile"),
        ("x = 1  # c\n", "x = 1\n", (), "lost a comment: # c"),
        ("x = 1  # c\ny = 1  # c\n", "x = 1  # c\ny = 1\n", (), "lost a comment: # c"),
        ("import a\na.f()\n", "import b\na.f()\n", ("a", "b"), "leaves a undefined"),
        ("import a\ndef f():\n    a.x\n", "import b\ndef f():\n    a.x\n", ("a",), "leaves a undefined"),
        ("import a\nf(a)\n", "import a\nf(a, b.x)\n", ("b",), "leaves b undefined"),
        ("class A:\n    a = 1\n", "class A:\n    a = 1\n    def f(self):\n        b\n", ("b",), "leaves b undefined"),
    ],
)
def test_what_is_broken_is_told(before: str, after: str, names: tuple[str, ...], said: str) -> None:
    assert said in str(problem(before, after, *names))


def test_a_mark_stands_for_no_comment() -> None:
    before, after = "x = 1  # c\ny = 2\n", "x = 1\ny = 2  # porter: no rule\n"
    assert "lost a comment: # c" in str(problem(before, after, hashes=1))
    assert problem(before, "x = 1  # c\ny = 2  # porter: no rule\n", hashes=1) is None


@given(st.integers(0, 700), st.sampled_from(["{} = 1\n", "global {0}\n{0} = 1\n", "def {}(): pass\n", "import {}\n"]))
def test_stored_names_are_those_that_dis_reads(count: int, template: str) -> None:
    """Beyond 256 names an instruction needs a second byte for its name."""
    code = compiled("".join(template.format(f"n{i}") for i in range(count)).encode())
    stores = {i.argval for i in dis.get_instructions(code) if i.opname in ("STORE_NAME", "STORE_GLOBAL")}
    assert gate._stored(code) == stores
    assert len(stores) == count


def spoil(monkeypatch: pytest.MonkeyPatch, change: Callable[[str], str], where: str = "16") -> None:
    """Let the edit of the call that holds `where` come out wrong."""

    def spoilt(text: str, plan: CallPlan, newline: str = "\n") -> str:
        after = edit_call(text, plan, newline)
        return change(after) if where in text else after

    monkeypatch.setattr(splice, "edit_call", spoilt)


def raising(text: str) -> str:
    """Fail as a parser does."""
    raise ValueError(f"cannot read {text}")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (raising, "cannot read"),
        (lambda text: text[:-1], "does not compile"),
        (lambda text: text.replace(")", ", eps=1)"), "does not compile"),
    ],
    ids=["raises", "bracket", "twice"],
)
def test_a_call_that_fails_is_left_alone(
    monkeypatch: pytest.MonkeyPatch, change: Callable[[str], str], said: str
) -> None:
    """The other calls are converted, and the one that stays still means torch's layer."""
    spoil(monkeypatch, change)
    result = convert(SOURCE)
    (finding,) = [each for each in result.findings if each.code is not Code.ON_IMPORT]
    assert (finding.line, finding.level, finding.rule) == (5, Level.MANUAL, file.BUG)
    assert "the call was left as it was" in finding.message
    assert said in finding.message
    lines = text_of(result).splitlines()
    (mark,) = [line.partition("  # porter: ")[2] for line in lines if "# porter: " in line]
    assert mark == " ".join(finding.message.split())
    assert next(line for line in lines if "16" in line).startswith("b = nn.InstanceNorm3d(16, eps=1e-3)  #")
    assert "import torch.nn as nn" in lines
    assert any(line.endswith(".InstanceNorm3d(8, affine=False)  # the first") for line in lines)
    assert {site.level for site in result.sites if "16" in site.before} <= {Level.MANUAL}
    assert not result.files[0].failed


def test_a_comment_lost_inside_a_call_costs_that_call_only(monkeypatch: pytest.MonkeyPatch) -> None:
    spoil(monkeypatch, lambda text: text.replace("  # c", ""))
    result = convert(SOURCE.replace("16,", "16,  # c\n   "))
    (finding,) = [each for each in result.findings if each.code is not Code.ON_IMPORT]
    assert finding.message.endswith("the call lost a comment")
    assert "nn.InstanceNorm3d(16,  # c  # porter: " in text_of(result)
    assert "affine=False)  # the first" in text_of(result)


def test_a_failing_call_inside_another(monkeypatch: pytest.MonkeyPatch) -> None:
    spoil(monkeypatch, lambda text: text[:-1], where="nn.InstanceNorm3d(16")
    result = convert(
        "import torch.nn as nn\nnet = nn.Sequential(nn.InstanceNorm3d(16), nn.InstanceNorm3d(8))\n", mark=False
    )
    assert [f.rule for f in result.findings if f.level is Level.MANUAL] == [file.BUG]
    after = text_of(result)
    assert "InstanceNorm3d(16)" in after
    assert "InstanceNorm3d(8, affine=False)" in after
    ast.parse(after)


def refused(result: Conversion, said: str, source: str | bytes = SOURCE) -> None:
    """The file is as it was, there is one finding, and the manifest names no site of it."""
    assert result.files[0].after == (source.encode() if isinstance(source, str) else source)
    (finding,) = result.findings
    assert (finding.line, finding.column, finding.level, finding.rule) == (1, 1, Level.MANUAL, file.BUG)
    assert "the file was left as it was" in finding.message
    assert said in finding.message
    assert result.sites == ()


def test_a_file_that_does_not_compile_is_not_written(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> Iterator[NameEdit]:
        yield NameEdit(0, 0, "import (\n")

    monkeypatch.setattr(file, "import_edits", broken)
    refused(convert(SOURCE), "does not compile")


def test_a_file_that_loses_a_comment_is_not_written(monkeypatch: pytest.MonkeyPatch) -> None:
    start = SOURCE.index("# two layers")

    def broken(*given: object) -> Iterator[NameEdit]:
        yield from import_edits(*given)  # type: ignore[arg-type]
        yield NameEdit(start, start + len("# two layers"), "")

    monkeypatch.setattr(file, "import_edits", broken)
    refused(convert(SOURCE), "lost a comment: # two layers")


def test_a_file_with_an_undefined_name_is_not_written(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(plan: FilePlan, choice: Choice) -> str:
        return "ghost.Layer"

    monkeypatch.setattr(FilePlan, "spelled", broken)
    refused(convert(SOURCE), "leaves ghost undefined")


def test_edits_that_cross_leave_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> Iterator[NameEdit]:
        yield NameEdit(0, 10, "x")
        yield NameEdit(5, 12, "y")

    monkeypatch.setattr(file, "import_edits", broken)
    refused(convert(SOURCE), "edits cross")


def test_what_the_encoding_cannot_hold_is_not_written(monkeypatch: pytest.MonkeyPatch) -> None:
    def marks(plan: FilePlan) -> Iterator[NameEdit]:
        yield NameEdit(len(plan.module.text.data) - 1, len(plan.module.text.data) - 1, "  # porter: 漢")

    monkeypatch.setattr(file, "_marks", marks)
    source = f"# coding: latin-1\n{SOURCE}# é\n".encode("latin-1")
    refused(convert(source), "can't encode", source)


@pytest.mark.parametrize(
    "broken", ["return nn.ReLU()", "break", "nonlocal x", "x = await y", "f(a=1, a=2)", "def f(a, a): pass"]
)
def test_a_file_that_was_broken_before_is_no_fault_of_porter(broken: str) -> None:
    """It parses and does not compile: the same finding as for any file that is no Python."""
    result = convert(SOURCE + broken + "\n")
    (finding,) = result.findings
    assert (finding.line, finding.level, finding.rule) == (7, Level.MANUAL, "file")
    assert finding.message.startswith("copied as it is: not Python 3.")
    assert result.files[0].failed
    assert result.files[0].after == result.files[0].before
    assert result.sites == ()


def test_a_broken_file_says_the_same_as_one_that_does_not_parse() -> None:
    def said(source: str) -> str:
        finding: Finding = convert(source).findings[0]
        return finding.message.partition(":")[0] + finding.rule

    assert said(SOURCE + "return 1\n") == said(SOURCE + "return return\n")
