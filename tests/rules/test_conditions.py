"""Conditions of rule files: what is one, when it holds, and that a generated class decides in the same way."""

from __future__ import annotations

import inspect
import operator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from porter.rules.conditions import COMPARISONS, Condition, by_axis

SIGNS = {"==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
SIZE = st.integers(0, 4)
THREE = st.tuples(SIZE, SIZE, SIZE)
SIZES = SIZE | THREE | THREE.map(list)


def in_a_class(condition: Condition, values: dict[str, Any]) -> bool:
    """What the text decides that a generated class has."""
    space: dict[str, Any] = {"Any": Any}
    exec(inspect.getsource(by_axis), space)
    return bool(eval(condition.source("by_axis"), space | values))


def axes(value: Any) -> list[int]:
    """A size along each of three axes."""
    return [value] * 3 if isinstance(value, int) else list(value)


def test_every_comparison_is_tried() -> None:
    assert dict(COMPARISONS.values()) == SIGNS


@given(sign=st.sampled_from(sorted(SIGNS)), one=SIZES, two=SIZES)
def test_it_holds_where_it_holds_along_each_axis(sign: str, one: Any, two: Any) -> None:
    expected = all(SIGNS[sign](a, b) for a, b in zip(axes(one), axes(two), strict=True))
    names = Condition.parse(f"kernel {sign} stride")
    literal = Condition.parse(f"kernel {sign} {two!r}")
    assert names.holds({"kernel": one, "stride": two}) is expected
    assert literal.holds({"kernel": one}) is expected
    assert in_a_class(names, {"kernel": one, "stride": two}) is expected
    assert in_a_class(literal, {"kernel": one}) is expected


def test_what_it_looks_at_is_known() -> None:
    assert Condition.parse("kernel >= stride").names == ("kernel", "stride")
    assert Condition.parse("kernel >= (1, 2)").names == ("kernel",)
    assert Condition.parse("kernel >= 'stride'").names == ("kernel",)


@pytest.mark.parametrize(
    "values",
    [{}, {"kernel": 3}, {"stride": 3}, {"kernel": (1, 2), "stride": (1, 2, 3)}, {"kernel": None, "stride": 1}],
    ids=str,
)
def test_what_is_not_known_or_cannot_be_compared_decides_nothing(values: dict[str, object]) -> None:
    assert not Condition.parse("kernel >= stride").holds(values)


@pytest.mark.parametrize(
    "text",
    [
        "kernel",
        "1 < kernel",
        "1 <= kernel <= 2",
        "kernel in (1, 2)",
        "kernel is None",
        "kernel.size == 1",
        "kernel == stride + 1",
        "kernel == f()",
        "kernel == {[]}",
        "kernel == 1 and stride == 1",
        "f() == 1",
        "kernel =",
        "kernel == 1\0",
        "kernel == " + "(" * 500,
        "",
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a comparison") as error:
        Condition.parse(text)
    assert str(error.value) == f"{text!r} is not a comparison of a parameter with another one or with a literal"
