"""The layout of a call whose arguments change: comments, trailing commas, line ends and odd spacing stay."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from porter.rewrite.decide.change import Argument, CallPlan, Carried, NewArgument
from porter.rewrite.edit.call import edit_call

TUPLE = Carried("tuple", back=False, known="list")
LIST = Carried("list", back=False, known="tuple")
MOMENTUM = Carried("complement", back=False, known="open")


def plan(*keep: int | Argument, add: tuple[str, ...] = ()) -> CallPlan:
    """Positional arguments that stay as they are, or arguments as told; `add` as `name=text`."""
    kept = tuple(Argument(k) if isinstance(k, int) else k for k in keep)
    return CallPlan(kept, tuple(NewArgument(name, text) for name, _, text in (new.partition("=") for new in add)))


AFFINE = ("affine=False",)
SIX = Argument(1, "padding", "(0, 0, 1, 1, 1, 1)")

LAYOUTS = {
    "nothing to do": ("f( 1 ,2 , x = 3 )", plan(0, 1, Argument(2, "x")), "f( 1 ,2 , x = 3 )"),
    "added on one line": ("f(8)", plan(0, add=AFFINE), "f(8, affine=False)"),
    "added to an empty call": ("f()", plan(add=AFFINE), "f(affine=False)"),
    "added where all go": ("f(device=d)", plan(add=AFFINE), "f(affine=False)"),
    "trailing comma": ("f(8,)", plan(0, add=AFFINE), "f(8, affine=False,)"),
    "spaces at the brackets": ("f( 8 )", plan(0, add=AFFINE), "f( 8, affine=False )"),
    "space before the bracket": ("f  (8)", plan(0, add=AFFINE), "f  (8, affine=False)"),
    "two added": ("f(8)", plan(0, add=("a=1", "b=2")), "f(8, a=1, b=2)"),
    "one a line": ("f(\n    8,\n    y,\n)", plan(0, 1, add=AFFINE), "f(\n    8,\n    y,\n    affine=False,\n)"),
    "one a line, no comma": ("f(\n    8,\n    y\n)", plan(0, 1, add=AFFINE), "f(\n    8,\n    y,\n    affine=False\n)"),
    "under the bracket": ("f(8,\n  y)", plan(0, 1, add=AFFINE), "f(8,\n  y,\n  affine=False)"),
    "filled lines": ("f(\n    8, y,\n    z)", plan(0, 1, 2, add=AFFINE), "f(\n    8, y,\n    z, affine=False)"),
    "empty lines": (
        "f(\n\n    8,\n\n    y,\n)",
        plan(0, 1, add=AFFINE),
        "f(\n\n    8,\n\n    y,\n    affine=False,\n)",
    ),
    "first dropped": ("f(1, 2)", plan(1), "f(2)"),
    "middle dropped": ("f(1, 2, 3)", plan(0, 2), "f(1, 3)"),
    "last dropped": ("f(1, 2)", plan(0), "f(1)"),
    "last dropped before a comma": ("f(1, 2,)", plan(0), "f(1,)"),
    "all dropped": ("f(1, 2)", plan(), "f()"),
    "all dropped from lines": ("f(\n    1,\n    2,\n)", plan(), "f()"),
    "last line dropped": ("f(\n    1,\n    2,\n)", plan(0), "f(\n    1,\n)"),
    "last line dropped, no comma": ("f(\n    1,\n    2\n)", plan(0), "f(\n    1\n)"),
    "dropped and added": ("f(\n    1,\n    2,\n)", plan(0, add=AFFINE), "f(\n    1,\n    affine=False,\n)"),
    "all dropped and added": ("f(\n    1,\n)", plan(add=AFFINE), "f(\n    affine=False,\n)"),
    "keyword renamed": ("f(bias = True)", plan(Argument(0, "has_bias")), "f(has_bias = True)"),
    "keyword given": ("f(True)", plan(Argument(0, "has_bias")), "f(has_bias=True)"),
    "value replaced": ("f( 8 , 1 )", plan(0, SIX), "f( 8 , padding=(0, 0, 1, 1, 1, 1) )"),
    "keyword taken away": ("f(  modules  =  a  )", plan(0), "f(  a  )"),
    "keyword taken away with a comment": ("f(modules=  # c\n  a)", plan(0), "f(a  # c\n  )"),
    "star given": ("f([a,\n  b])", plan(Argument(0, star=True)), "f(*[a,\n  b])"),
    "stars": ("f(*a, **k)", plan(0, 1, add=AFFINE), "f(*a, **k, affine=False)"),
    "copied": ("f(a[0])", CallPlan((Argument(0),), (NewArgument("b", copy=0),)), "f(a[0], b=a[0])"),
    "comment behind the last": ("f(\n    8,  # c\n)", plan(0, add=AFFINE), "f(\n    8,  # c\n    affine=False,\n)"),
    "comment without a comma": ("f(\n    8  # c\n)", plan(0, add=AFFINE), "f(\n    8,  # c\n    affine=False\n)"),
    "comment behind the bracket": ("f(  # c\n    8\n)", plan(0, add=AFFINE), "f(  # c\n    8,\n    affine=False\n)"),
    "comment line": ("f(\n    # c\n    8,\n)", plan(0, add=AFFINE), "f(\n    # c\n    8,\n    affine=False,\n)"),
    "comment at the end": ("f(\n    8,\n    # c\n)", plan(0, add=AFFINE), "f(\n    8,\n    # c\n    affine=False,\n)"),
    "comment of the last dropped": ("f(\n    1,\n    2,  # c\n)", plan(0), "f(\n    1,  # c\n)"),
    "comments of both": ("f(\n    1,  # a\n    2,  # b\n)", plan(0), "f(\n    1,  # a\n    # b\n)"),
    "comment of the first dropped": ("f(\n    1,  # c\n    2,\n)", plan(1), "f(  # c\n    2,\n)"),
    "comment of the middle dropped": ("f(\n    1,\n    2,  # c\n    3,\n)", plan(0, 2), "f(\n    1,  # c\n    3,\n)"),
    "comment of the only dropped": ("f(\n    # c\n    1,\n)", plan(), "f(\n    # c\n)"),
    "comment behind the only dropped": ("f(\n    1,  # c\n)", plan(), "f(  # c\n)"),
    "comment of the only dropped, added": (
        "f(\n    # c\n    1,\n)",
        plan(add=AFFINE),
        "f(\n    # c\n    affine=False,\n)",
    ),
    "comment before a comma": ("f(1  # c\n  , 2)", plan(0), "f(1  # c\n  )"),
    "comment before a comma, dropped": ("f(1, 2  # c\n  , 3)", plan(0, 2), "f(1,  # c\n  3)"),
    "comment in a value": (
        "f(8, (0,  # c\n       1, 1))",
        plan(0, SIX),
        "f(8, padding=(0, 0, 1, 1, 1, 1)  # c\n       )",
    ),
    "comment in a value, more behind": (
        "f(8, (0,  # c\n       1, 1), 2)",
        plan(0, SIX, Argument(2, "bias")),
        "f(8, padding=(0, 0, 1, 1, 1, 1),  # c\n       bias=2)",
    ),
    "comments in a value on a line": (
        "f(\n    8,\n    (  # a\n        0, 1, 1  # b\n    ),  # c\n)",
        plan(0, SIX),
        "f(\n    8,\n    padding=(0, 0, 1, 1, 1, 1),  # a\n    # b\n    # c\n)",
    ),
    "comment in a value that goes": (
        "f(\n    8,\n    device=(  # c\n        d\n    ),\n)",
        plan(0),
        "f(\n    8,  # c\n)",
    ),
    "comment at an equal sign that goes": ("f(8, device=  # c\n  d)", plan(0), "f(8  # c\n  )"),
    "comment in an unchanged value": (
        "f(8, (0,  # c\n  1))",
        plan(0, 1, add=AFFINE),
        "f(8, (0,  # c\n  1), affine=False)",
    ),
    "expression": ("f(m)", plan(Argument(0, None, None, MOMENTUM)), "f(1 - m)"),
    "expression in brackets": ("f((a + b))", plan(Argument(0, None, None, MOMENTUM)), "f(1 - (a + b))"),
    "expression without brackets": ("f(a + b)", plan(Argument(0, None, None, MOMENTUM)), "f(1 - (a + b))"),
    "expression over lines": ("f(a\n  + b)", plan(Argument(0, None, None, MOMENTUM)), "f(1 - (a\n  + b))"),
    "expression with a comment": (
        "f(a  # c\n  + b)",
        plan(Argument(0, None, None, MOMENTUM)),
        "f(1 - (a  # c\n  + b))",
    ),
    "expression turned back": ("f(1 - (  # c\n  m))", plan(Argument(0, None, None, MOMENTUM)), "f(m  # c\n  )"),
    "expression broken at a dot": ("f(a\n  .b)", plan(Argument(0, None, None, MOMENTUM)), "f(1 - a\n  .b)"),
    "list": ("f([a,  # c\n  b])", plan(Argument(0, None, None, TUPLE)), "f((a,  # c\n  b))"),
    "list of lines": ("f([\n  a,\n  b,\n])", plan(Argument(0, None, None, TUPLE)), "f((\n  a,\n  b,\n))"),
    "list that is made": ("f(a +\n  b)", plan(Argument(0, None, None, TUPLE)), "f(tuple(a +\n  b))"),
    "generator": ("f(x for x in a)", plan(Argument(0, None, None, LIST)), "f(list(x for x in a))"),
    "number sign in a string": ("f(8, '#1')", plan(0), "f(8)"),
}


@pytest.mark.parametrize(("before", "planned", "after"), LAYOUTS.values(), ids=LAYOUTS)
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"], ids=["lf", "crlf", "cr"])
def test_layout(before: str, planned: CallPlan, after: str, newline: str) -> None:
    text = edit_call(before.replace("\n", newline), planned, newline)
    assert text == after.replace("\n", newline)


def test_each_line_keeps_its_own_end() -> None:
    before = "f(\r\n    8,  # a\n    y,\r\n    z,\n)"
    assert edit_call(before, plan(0, 1, 2, add=AFFINE), "\r\n") == (
        "f(\r\n    8,  # a\n    y,\r\n    z,\n    affine=False,\n)"
    )


SPACES = st.sampled_from(["", " ", "\n    ", "  # one\n    ", "\n    # two\n    ", "\n\n  # three\n\n  # four\n"])
VALUES = st.sampled_from(["8", "(0,  # five\n 1)", "[a\n,b  # six\n]", "g(x, '# no comment')", "-1", "'''a\nb'''"])


@st.composite
def arguments(draw: st.DrawFn) -> str:
    """`name = value` with anything between."""
    space = [draw(SPACES) for _ in range(4)]
    return f"{space[0]}{draw(st.sampled_from('abc'))}{space[1]}={space[2]}{draw(VALUES)}{space[3]}"


def comments(text: str) -> Counter[str]:
    """Comments of an expression."""
    tokens = tokenize.generate_tokens(io.StringIO(f"({text})").readline)
    return Counter(token.string for token in tokens if token.type == tokenize.COMMENT)


@st.composite
def planned(draw: st.DrawFn, names: list[str]) -> CallPlan:
    """Any plan for a call with these keywords."""
    keep = [
        Argument(index, draw(st.sampled_from([names[index], "other"])), draw(st.sampled_from([None, "(0, 1)"])))
        for index in range(len(names))
        if draw(st.booleans())
    ]
    add = tuple(NewArgument(f"new{i}", "True") for i in range(draw(st.integers(0, 2))))
    return CallPlan(tuple(keep), add)


@given(st.lists(arguments(), max_size=4), st.booleans(), SPACES, st.sampled_from(["\n", "\r\n"]), st.data())
def test_any_layout_keeps_its_comments_and_line_ends(
    written: list[str], comma: bool, space: str, newline: str, draws: st.DataObject
) -> None:
    text = f"f({','.join(written)}{',' + space if comma and written else space})"
    old = ast.parse(f"({text})", mode="eval").body
    assert isinstance(old, ast.Call)
    plan = draws.draw(planned([str(k.arg) for k in old.keywords]))
    after = edit_call(text.replace("\n", newline), plan, newline)
    assert not re.search(r"(?<!\r)\n" if newline == "\r\n" else r"\r", after)
    plain = after.replace(newline, "\n")
    assert not comments(text) - comments(plain)
    call = ast.parse(f"({plain})", mode="eval").body
    assert isinstance(call, ast.Call)
    expected = [(a.keyword, a.text or ast.unparse(old.keywords[a.index].value)) for a in plan.keep]
    expected += [(new.keyword, new.text) for new in plan.add]
    assert [(k.arg, ast.unparse(k.value)) for k in call.keywords] == expected
