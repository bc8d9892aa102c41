"""Transforms: what they carry across comes back, as a value, as text and as the source of a generated class."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from porter.rules.transforms import TRANSFORMS, Known, Transform, spread, write_list, write_tuple

Strategy = st.SearchStrategy[Any]

DECIMALS = st.integers(-(10**13), 10**13).map(lambda n: n / 10**12)
"""Floats as people write them, with at most twelve digits behind the point: 1 minus such a number is one again."""
WHOLE = st.integers(-(2**53), 2**53)
SIZES = st.lists(st.integers(0, 9), max_size=4)

DOMAINS: dict[str, tuple[Strategy, Callable[[Any], Any]]] = {
    "complement": (DECIMALS | WHOLE | st.booleans(), lambda value: value),
    "pairs": (
        st.integers(0, 9) | SIZES | SIZES.map(tuple),
        lambda value: value if isinstance(value, int) else (*value,),
    ),
    "float": (WHOLE | st.floats(allow_nan=False), lambda value: value),
    "tuple": (WHOLE | SIZES | SIZES.map(tuple), lambda value: value if isinstance(value, int) else (*value,)),
    "bool": (st.booleans() | st.sampled_from([0, 1]), bool),
    "bool in torch": (st.booleans() | st.sampled_from([0, 1]), bool),
    "list": (st.none() | SIZES | SIZES.map(tuple), lambda value: [*(value or ())]),
}
"""Values that torch takes, and what they are when they come back."""

REFUSED: dict[str, tuple[list[object], list[object]]] = {
    "complement": ([None, "0.1", [0.1], {}], [None, "0.1", [0.1], {}]),
    "pairs": ([], [(1, 2), (1, 1, 2), [0, 1, 1, 1]]),
    "float": ([10**400], []),
    "tuple": ([], []),
    "bool": ([], []),
    "bool in torch": ([], []),
    "list": ([3, 0.5], []),
}
"""Values that have no counterpart, on the way there and on the way back."""

NAMES = sorted(TRANSFORMS)


def own_source(transform: Transform, *, back: bool) -> Callable[[Any], Any]:
    """The function that a generated class has, made from its text alone."""
    space: dict[str, Any] = {"Any": Any}
    exec(transform.source(back=back), space)
    return space[transform.run_time(back=back).__name__]  # type: ignore[no-any-return]


def close(one: object, two: object) -> bool:
    """Equal, but for the rounding of a subtraction."""
    return one == two or (isinstance(one, float) and one == pytest.approx(two, rel=1e-12, abs=1e-12))


def test_every_transform_is_tried() -> None:
    assert set(DOMAINS) == set(REFUSED) == set(TRANSFORMS)


@pytest.mark.parametrize("name", NAMES)
@given(data=st.data())
def test_a_value_comes_back(name: str, data: st.DataObject) -> None:
    values, again = DOMAINS[name]
    value = data.draw(values)
    there = TRANSFORMS[name].apply(value, back=False)
    assert TRANSFORMS[name].apply(there, back=True) == again(value)
    assert TRANSFORMS[name].apply(TRANSFORMS[name].apply(there, back=True), back=False) == there


@pytest.mark.parametrize("name", [name for name in NAMES if TRANSFORMS[name].retypes])
@given(data=st.data())
def test_a_change_of_type_keeps_the_value(name: str, data: st.DataObject) -> None:
    value = data.draw(DOMAINS[name][0])
    there = TRANSFORMS[name].apply(value, back=False)
    elements = [*value] if isinstance(value, (list, tuple)) else [] if value is None else value
    assert ([*there] if isinstance(there, (list, tuple)) else there) == elements
    wanted: dict[str, tuple[type, ...]] = {"float": (float,), "tuple": (tuple, int), "list": (list,)}
    wanted |= {"bool": (bool,), "bool in torch": (bool, int)}
    assert isinstance(there, wanted[name])


def test_a_refusal_says_what_was_found() -> None:
    for name, value, back, message in (
        ("complement", None, False, "None has no counterpart"),
        ("float", 10**5000, False, "so great a number has no counterpart"),
        ("list", 3, False, "3 has no counterpart"),
        ("pairs", (1, 1, 2), True, "padding (1, 1, 2) is not two numbers for each axis"),
        ("pairs", (1, 2), True, "padding (1, 2) differs between the front and the back of an axis"),
    ):
        with pytest.raises(ValueError, match=re.escape(message)) as error:
            TRANSFORMS[name].apply(value, back=back)
        assert str(error.value) == message


def test_only_changes_of_type_are_called_so() -> None:
    assert [name for name in NAMES if not TRANSFORMS[name].retypes] == ["complement", "pairs"]
    assert TRANSFORMS["complement"].apply(0.1, back=False) == 0.9
    assert TRANSFORMS["pairs"].apply((1, 2), back=False) == (1, 1, 2, 2)


@pytest.mark.parametrize(("name", "back"), [(name, back) for name in NAMES for back in (False, True)])
def test_what_has_no_counterpart_is_refused(name: str, back: bool) -> None:
    for value in REFUSED[name][back]:
        with pytest.raises(ValueError, match=r"has no counterpart$|is not two numbers|differs between"):
            TRANSFORMS[name].apply(value, back=back)
        with pytest.raises((ValueError, TypeError, OverflowError)):
            own_source(TRANSFORMS[name], back=back)(value)


@pytest.mark.parametrize("name", NAMES)
@given(data=st.data())
def test_a_generated_class_computes_the_same_from_its_own_text(name: str, data: st.DataObject) -> None:
    transform, value = TRANSFORMS[name], data.draw(DOMAINS[name][0])
    there = transform.apply(value, back=False)
    assert close(own_source(transform, back=False)(value), there)
    assert close(own_source(transform, back=True)(there), transform.apply(there, back=True))
    if transform.template is not None:
        assert close(eval(transform.template.format("value"), {"value": value}), there)


NUMBERS = st.sampled_from(["m", "0.25", "2", "a.m", "f(m)", "s[0]", "(m)", "-m", "+ m"])
SPACE: dict[str, Any] = {"m": 0.375, "s": [0.75], "f": lambda m: m / 2, "a": type("A", (), {"m": 0.125})}


def expressions(parts: Strategy) -> Strategy:
    """Sums, differences, products and choices of smaller expressions, also over two lines."""
    joined = st.sampled_from(
        ["{} + {}", "{} - {}", "1 - {} * {}", "{}\n- {}", "{} if m else {}", "({} * {})", "1-({}-{})"]
    )
    return st.builds(lambda form, one, two: form.format(one, two), joined, parts, parts)


def value_of(text: str, space: dict[str, Any]) -> Any:
    """What an argument is, written between the brackets of a call."""
    return eval(f"call({text}\n)", {"call": lambda value: value, **space})


@given(text=st.recursive(NUMBERS, expressions, max_leaves=5))
def test_one_minus_a_text_is_one_minus_its_value_and_comes_back(text: str) -> None:
    transform = TRANSFORMS["complement"]
    there = transform.expression(text, back=False, known="open")
    assert there is not None
    again = transform.expression(there, back=True, known="open")
    assert again is not None
    assert value_of(there, SPACE) == pytest.approx(1 - value_of(text, SPACE), abs=1e-12)
    assert value_of(again, SPACE) == pytest.approx(value_of(text, SPACE), abs=1e-12)


ITEMS = st.lists(st.sampled_from(["1", "m", "(2, 3)", "[4]", "f(m)", "*s"]), max_size=3)
AROUND = st.sampled_from(["{}", "({})", "(({}))", "(\n    {}\n)"])


def texts(form: str) -> Strategy:
    """Lists, or tuples, with and without a last comma, in brackets or not."""
    last = st.sampled_from(["", ",", ",\n"])
    single = "," if form == "({})" else ""
    inner = st.builds(lambda i, comma: ", ".join(i) + ((comma or single * (len(i) == 1)) if i else ""), ITEMS, last)
    return st.builds(lambda around, text: around.format(form.format(text)), AROUND, inner)


LISTS = texts("[{}]") | st.sampled_from(["[m] * 3", "[m] + s", "list(s)", "[i for i in s]", "sorted(s)"])
TUPLES = texts("({})")
ITERABLES = st.sampled_from(["s", "(i for i in s)", "i for i in s", "((i for i in s))", "reversed(s)", "(1, 2)[:1]"])


@given(text=LISTS)
def test_a_list_in_a_text_becomes_a_tuple(text: str) -> None:
    assert value_of(write_tuple(text, "list") or "", SPACE) == tuple(value_of(text, SPACE))
    assert write_list(text, "list") == text


@given(text=TUPLES | ITERABLES)
def test_what_is_no_list_in_a_text_becomes_one(text: str) -> None:
    written = write_list(text, "tuple" if text.startswith("(") else "open")
    assert value_of(written or "", SPACE) == list(value_of(text, SPACE))


@given(text=TUPLES)
def test_a_text_that_is_no_list_is_left_alone(text: str) -> None:
    known: list[Known] = ["whole", "tuple", "name", "no list"]
    assert {write_tuple(text, kind) for kind in known} == {text}
    assert write_tuple(text, "open") is None
    for name in ("float", "tuple", "list"):
        assert TRANSFORMS[name].expression(text, back=True, known="open") == text


def test_padding_in_a_text_is_carried_where_it_can_only_be_a_number() -> None:
    kinds: list[Known] = ["whole", "list", "tuple", "name", "open"]
    for back in (False, True):
        written = [TRANSFORMS["pairs"].expression("k // 2", back=back, known=kind) for kind in kinds]
        assert written == ["k // 2", None, None, None, None]


def test_what_may_be_anything_becomes_a_truth_value() -> None:
    kinds: list[Known] = ["whole", "list", "tuple", "truth", "name", "open"]
    there = [TRANSFORMS["bool"].expression("norm", back=False, known=kind) for kind in kinds]
    assert there == ["bool(norm)", "bool(norm)", "bool(norm)", "norm", "bool(norm)", "bool(norm)"]
    assert {TRANSFORMS["bool"].expression("norm", back=True, known=kind) for kind in kinds} == {"norm"}
    assert TRANSFORMS["bool in torch"].expression("norm", back=False, known="open") == "norm"
    assert TRANSFORMS["bool in torch"].expression("norm", back=True, known="open") == "bool(norm)"
    assert [TRANSFORMS["bool"].apply(value, back=False) for value in (0, 1, None, "", [0])] == [0, 1, 0, 0, 1]


def test_texts_keep_their_layout() -> None:
    assert write_tuple("[3,  m]", "list") == "(3,  m)"
    assert write_list("(a,\n b)", "tuple") == "[a,\n b]"
    assert write_list("i for i in s", "open") == "list(i for i in s)"
    assert ast.unparse(ast.parse(str(write_tuple("[m]", "list")))) == "tuple([m])"


@given(items=SIZES)
def test_a_list_that_is_the_only_argument_is_spread(items: list[int]) -> None:
    assert spread((items,)) == items
    assert spread((items, items)) == (items, items)
    assert spread((tuple(items),)) == (tuple(items),)
    assert spread(()) == ()
