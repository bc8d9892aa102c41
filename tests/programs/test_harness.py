"""The bench itself: a program that fails is seen to fail, and leaves nothing behind for the next one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .children import Child
from .harness import Bench, Program, difference_between, judge, programs

GOOD = {"main.py": "def run():\n    return [1.5]\n"}
PATCH = "nn.GroupNorm.{0} = nn.GroupNorm.tag = 1\n\n\ndef run():\n    return nn.GroupNorm.tag\n"
ASK = "\n\ndef run():\n    return hasattr(nn.GroupNorm, 'tag'), callable(nn.GroupNorm.{0})\n"
IMPORTS = {"torch": "import torch.nn as nn\n", "mindspore": "import mindspore.nn as nn\n"}

frameworks = pytest.mark.frameworks("torch", "mindspore", "numpy")
both = pytest.mark.parametrize(("side", "method"), [("torch", "forward"), ("mindspore", "construct")])


@pytest.fixture(scope="module")
def hasty() -> Iterator[Child]:
    child = Child("torch", seconds=2)
    yield child
    child.close()


def reply(value: Any, built: Any = None) -> dict[str, Any]:
    return {"result": value, "built": built, "state": built}


@frameworks
def test_a_hang_is_an_error_and_the_next_program_runs(hasty: Child) -> None:
    assert hasty.run(GOOD)["result"] == [1.5]
    hangs = {"main.py": "def run():\n    while True:\n        pass\n"}
    assert hasty.run(hangs) == {"error": "no answer within 2 s", "where": "crash"}
    assert hasty.run(GOOD)["result"] == [1.5]


@frameworks
def test_a_crash_is_an_error_and_the_next_program_runs(hasty: Child) -> None:
    found = hasty.run({"main.py": "import os\n\n\ndef run():\n    os._exit(3)\n"})
    assert found["where"] == "crash"
    assert found["error"].startswith("the torch process died")
    assert hasty.run(GOOD)["result"] == [1.5]


@frameworks
@pytest.mark.parametrize(("side", "other"), [("torch", "mindspore"), ("mindspore", "torch")])
def test_neither_side_can_import_the_other(side: str, other: str, bench: Bench) -> None:
    found = bench.children[side].run({"main.py": f"import {other}.nn\n"})
    assert found["error"] == f"ModuleNotFoundError: {other} must not be imported on this side"
    assert found["where"] == "import"


@frameworks
@both
def test_what_a_program_sets_on_a_layer_is_undone(side: str, method: str, bench: Bench) -> None:
    child, head = bench.children[side], IMPORTS[side]
    assert child.run({"main.py": head + PATCH.format(method)})["result"] == 1
    assert child.run({"main.py": head + ASK.format(method)})["result"] == [False, True]


@frameworks
def test_modules_of_one_program_are_not_those_of_the_next(bench: Bench) -> None:
    main = "from part import value\n\n\ndef run():\n    return value\n"
    found = [bench.children["torch"].run({"main.py": main, "part.py": f"value = {n}\n"})["result"] for n in (1, 2)]
    assert found == [1, 2]


@frameworks
def test_both_sides_fill_a_layer_alike(bench: Bench) -> None:
    text = "{0}\n\ndef build():\n    return nn.BatchNorm3d(4)\n\n\ndef run(net, x):\n    return net(x)\n"
    one, two = (bench.children[side].run({"main.py": text.format(IMPORTS[side])}, mode="eval") for side in IMPORTS)
    assert "values" in one["result"]
    assert difference_between(one, two) == ""
    assert [row[0] for row in two["built"]] == ["bias", "running_mean", "running_var", "weight"]


@pytest.mark.parametrize(
    ("one", "two", "difference"),
    [
        ([1.0, 2.0], [1.0, 2.00001], ""),
        ([1.0, float("nan")], [1.0, float("nan")], ""),
        ([1.0, 2.0], [1.0, 2.1], "result[1] is 2.1 in place of 2.0"),
        ([1.0, 2.0], [1.0], "result has 1 items in place of 2"),
        (1, True, "result is True in place of 1"),
        (float("nan"), 0.0, "result is 0.0 in place of nan"),
        ({"dtype": "float32"}, {"dtype": "float16"}, "result is float16 in place of float32"),
    ],
)
def test_differences_of_results(one: Any, two: Any, difference: str) -> None:
    assert difference_between(reply(one), reply(two)) == difference


@pytest.mark.parametrize(
    ("built", "difference"),
    [
        ([["a", 1, True], ["mean", 1, False]], ""),
        ([["a", 1, False]], "as built, nothing is trained in place of a"),
        ([["b", 1, True]], "as built, b is trained in place of a"),
        ([["a", 2, True]], "as built, a is trained in place of a"),
        ([["a", 1, True], ["a", 1, True]], "as built, several parameters are called a"),
        (None, "as built, nothing is trained in place of a"),
    ],
)
def test_differences_of_parameters(built: Any, difference: str) -> None:
    assert difference_between(reply(1, [["a", 1, True]]), reply(1, built)) == difference


def test_an_error_afterwards_is_a_difference() -> None:
    found = difference_between(reply(1), {"error": "TypeError: no", "where": "run"})
    assert found == "run ends with TypeError: no"


@pytest.mark.parametrize("text", ["expect: wrong\n", "why: nothing\n", "expects: right\n", "expect: right\nthing\n"])
def test_an_expectation_that_says_nothing_known_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "expect.txt").write_text(text)
    with pytest.raises(ValueError, match=r"expect\.txt"):
        Program.read(tmp_path)


def program_like(name: str, **notes: str) -> Program:
    """A program of the collection with other notes."""
    found = next(program for program in programs() if program.name == name)
    return Program(found.folder, {key: [value] for key, value in notes.items()})


@pytest.mark.parametrize(
    ("notes", "difference", "outcome"),
    [
        ({"expect": "right"}, "", "has work left: main.py:5:"),
        ({"expect": "told 11"}, "crash", ""),
        ({"expect": "told 11, 4"}, "crash", "nothing is told at main.py:4; crash"),
        ({"expect": "told 11", "has": "sigmoid"}, "crash", ""),
        ({"expect": "told 11", "has": "no such text"}, "crash", "lacks 'no such text'"),
        ({"expect": "told 11", "lacks": "sigmoid"}, "crash", "has 'sigmoid'"),
        ({"expect": "told 11", "message": "no such text"}, "crash", "no finding says 'no such text'"),
        ({"expect": "told 11", "finding": "1"}, "crash", "nothing is told at main.py:1"),
        ({"expect": "told 11", "after": "torch"}, "crash", "crash"),
    ],
)
def test_what_makes_a_told_program_wrong(notes: dict[str, str], difference: str, outcome: str) -> None:
    found = judge(program_like("to_mindspore/one_name_without_rule", **notes), difference)
    assert found.kind == ("wrong" if outcome else "told")
    assert found.detail.startswith(outcome)


@pytest.mark.parametrize(
    ("notes", "difference", "outcome"),
    [
        ({"expect": "unchanged", "but": "1, 3"}, "", ""),
        ({"expect": "unchanged", "but": "1"}, "crash", "crash"),
        ({"expect": "unchanged", "but": "3"}, "", "main.py:1 was changed"),
    ],
)
def test_what_makes_an_unchanged_program_wrong(notes: dict[str, str], difference: str, outcome: str) -> None:
    found = judge(program_like("to_mindspore/own_class_attribute", **notes), difference)
    assert found.detail == outcome
    assert found.kind == ("wrong" if outcome else "unchanged")


def test_a_finding_on_an_unchanged_line_is_wrong() -> None:
    found = judge(program_like("to_mindspore/one_name_without_rule", expect="unchanged", but="1, 2, 5, 8, 10, 15"), "")
    assert found.detail.startswith("has work left: main.py:5:")
