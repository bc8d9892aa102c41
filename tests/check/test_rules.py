"""`check` is green on the rules, and red on every rule that is broken on purpose."""

from __future__ import annotations

import random
import re
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from porter.check import check_rules, converter
from porter.check.runner import Runner
from porter.errors import RuleError, UsageError
from porter.proof.cases import RuleCases
from porter.proof.mutants import Mutant, mutants
from porter.results import Result, Verdict
from porter.rules.load import RuleBook, rule_folder, rule_from_data

pytestmark = pytest.mark.frameworks("torch", "mindspore")

DIMENSIONS = ("1d", "2d", "3d")
NORMS = [f"nn/{lazy}InstanceNorm{d}" for lazy in ("", "Lazy") for d in DIMENSIONS] + ["nn/functional/instance_norm"]
SEED = 0
FAILED = {Verdict.MISMATCH, Verdict.BLIND, Verdict.ERROR}


def of_rules(*names: str) -> list[tuple[str, Mutant]]:
    """Every mutant of these rules."""
    folder = rule_folder()
    data = {name: tomllib.loads((folder / f"{name}.toml").read_text(encoding="utf-8")) for name in names}
    return [(name, mutant) for name, rule in data.items() for mutant in mutants(rule)]


def failures(name: str, mutant: Mutant, book: RuleBook, runner: Runner) -> Iterator[Result]:
    """What check has against a broken rule, in PyNative mode."""
    rule = rule_from_data(name, mutant.data)
    broken = book.with_rule(rule)
    for case in RuleCases(rule, converter(broken), ("PyNative",)):
        yield from (result for result in runner.results(case) if result.verdict in FAILED)


@pytest.fixture(scope="module")
def known(book: RuleBook, runner: Runner) -> Callable[[str], set[str]]:
    """What is already wrong with an unbroken rule: nothing, one hopes; it cannot pass for a mutant that was caught."""

    @cache
    def of(name: str) -> set[str]:
        data = tomllib.loads((rule_folder() / f"{name}.toml").read_text(encoding="utf-8"))
        return {told(result) for result in failures(name, Mutant("unbroken", data), book, runner)}

    return of


def told(result: Result) -> str:
    """A failure in one line."""
    return f"{result.case} {result.direction} {result.form} {result.dtype}: {result.verdict} {result.detail}"


def is_caught(name: str, mutant: Mutant, book: RuleBook, runner: Runner, known: Callable[[str], set[str]]) -> bool:
    """Whether check says something about a broken rule that it does not say about the unbroken one."""
    try:
        return any(told(result) not in known(name) for result in failures(name, mutant, book, runner))
    except RuleError:
        return True  # the loader does not even take it


MUTANTS = of_rules(*NORMS)


@pytest.mark.parametrize(("name", "mutant"), MUTANTS, ids=[f"{name}: {mutant.name}" for name, mutant in MUTANTS])
def test_every_broken_instance_norm_rule_is_caught(
    name: str, mutant: Mutant, book: RuleBook, runner: Runner, known: Callable[[str], set[str]]
) -> None:
    assert is_caught(name, mutant, book, runner, known), f"{mutant.name} gives the same numbers everywhere"


def test_the_mutants_are_those_that_were_asked_for() -> None:
    names = {mutant.name for name, mutant in MUTANTS if name == "nn/InstanceNorm3d"}
    assert {
        "[torch] signature: affine=False becomes affine=True",
        "[mindspore] signature: affine=True becomes affine=False",
        "[torch] signature: eps=1e-05 becomes eps=0.001",
        "[param.affine] same_default added: the default is not written",
        "[param.track_running_stats] when.True forgotten",
        "[weights] weight and bias swapped",
        "[weights] without weight",
        "[mindspore] signature: eps=1e-05 becomes eps",
        "[torch] signature: without affine",
        "[torch] signature: eps and momentum change places",
        "[forward] without input",
        "[write.mindspore] eps = 0.001 added",
        "[param.eps] range.mindspore forgotten",
        "[param.eps] range.mindspore write = keep",
        "[param.eps] range.mindspore within = 0 < eps",
        "[param.eps] range.mindspore within = eps <= 1",
        "[param.eps] range.mindspore within = 0 <= eps <= 1",
    } <= names
    assert len(names) >= 90
    lazy = {mutant.name for name, mutant in MUTANTS if name == "nn/LazyInstanceNorm3d"}
    assert "[torch] signature: track_running_stats=True becomes track_running_stats=False" in lazy


@pytest.mark.parametrize("name", NORMS)
def test_every_value_of_a_rule_is_broken_by_some_mutant(name: str) -> None:
    """No key of the file is forgotten, those apart that are no part of what convert does to a layer."""
    data = tomllib.loads((rule_folder() / f"{name}.toml").read_text(encoding="utf-8"))
    broken = [set(leaves(mutant.data)) for mutant in mutants(data)]
    kept = {path for path, value in leaves(data) if all((path, value) in other for other in broken)}
    assert {path for path in kept if not NOT_THE_LAYER.fullmatch(path)} == set()


NOT_THE_LAYER = re.compile(
    r"class|type_test.*|rare|graph|assigned|becomes[.].*[.](note|common)|modal|modal_by|caution|batched|(live|lacking|buffers)[.].*|unset[.].*|notes?[.].*|(torch|mindspore)[.](docs|none)|check[.].*|versions[.].*|attributes[.].*|attribute_notes[.].*|present[.].*"
    r"|param[.][^.]*[.](inert|note|same_default)|param[.][^.]*[.](when|range)[.][^.]*[.]note"
)


def leaves(data: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Every value of a rule file, with the keys that lead there."""
    items = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    if not isinstance(data, (dict, list)):
        yield path, repr(data)
    for key, value in items:
        yield from leaves(value, f"{path}.{key}" if path else str(key))


def test_the_mutants_of_other_rules_include_lost_renames_and_constants() -> None:
    names = {mutant.name for _, mutant in of_rules("nn/Conv3d", "nn/BatchNorm3d", "nn/MaxPool3d")}
    assert {
        "[param.bias] without mindspore",
        "[param.padding] without value",
        "[param.momentum] value = pairs",
        "[write.mindspore] without pad_mode",
        "[write.mindspore] pad_mode otherwise",
        "[param.padding] when.same sets pad_mode otherwise",
        "[param.stride] when.None forgotten",
    } <= names


SOME = [
    ("nn/Conv3d", "[param.bias] without mindspore"),
    ("nn/Conv3d", "[write.mindspore] without pad_mode"),
    ("nn/Conv3d", "[param.padding] without value"),
    ("nn/BatchNorm3d", "[param.momentum] without value"),
    ("nn/BatchNorm3d", "[weights] running_mean and running_var swapped"),
    ("nn/BatchNorm3d", "[param.track_running_stats] when.False forgotten"),
    ("nn/MaxPool3d", "[param.stride] when.None forgotten"),
    ("Tensor/size", "[[becomes.mindspore]] 1 forgotten"),
    ("Tensor/size", "[[becomes.mindspore]] 1 write = {self}.shape[None]"),
    ("Tensor/to", "[[becomes.mindspore]] 2 without kinds"),
    ("Tensor/to", "[[becomes.mindspore]] 4 forgotten"),
    ("Tensor/detach", "[[becomes.mindspore]] 1 write = mindspore.ops.stop_gradient_other({self})"),
    ("max", "[[becomes.mindspore]] 1 without kinds"),
    ("max", "[[becomes.mindspore]] 2 write with dim and keepdim swapped"),
    ("max", "[[becomes.mindspore]] 2 forgotten"),
    ("max", "[[becomes.mindspore]] 2 without given"),
    ("nn/Conv3d", "[param.bias] without value"),
    ("nn/ConvTranspose3d", "[param.bias] without value"),
    ("nn/ConvTranspose3d", "[param.bias] value = bool in torch"),
    ("nn/BatchNorm3d", "[param.affine] without value"),
    ("nn/BatchNorm3d", "[param.track_running_stats] without value"),
    ("nn/GroupNorm", "[param.affine] value = bool in torch"),
    ("nn/MaxPool3d", "[param.ceil_mode] without value"),
    ("nn/MaxPool3d", "[param.ceil_mode] value = bool"),
    ("nn/LeakyReLU", "[param.negative_slope] without mindspore"),
    ("cat", "[param.dim] without mindspore"),
    ("zeros", "[param.size] without pack"),
    ("zeros", "[param.size] pack = star"),
    ("rand", "[param.size] without pack"),
    ("full", "[param.dtype] when.None forgotten"),
    ("full", "[layer.mindspore] without any"),
    ("nn/GELU", "[param.approximate] without values"),
    ("nn/GELU", "[param.approximate] values without none"),
    ("nn/GELU", "[param.approximate] values without tanh"),
    ("nn/GELU", "[param.approximate] values: none and tanh change places"),
    ("nn/Sigmoid", "[torch] signature: with a parameter"),
    ("nn/Sigmoid", "[mindspore] signature: with a parameter"),
    ("nn/Tanh", "[forward] without input"),
]


@pytest.mark.parametrize(("name", "what"), SOME, ids=[": ".join(pair) for pair in SOME])
def test_broken_rules_of_other_kinds_are_caught(
    name: str, what: str, book: RuleBook, runner: Runner, known: Callable[[str], set[str]]
) -> None:
    mutant = next(mutant for _, mutant in of_rules(name) if mutant.name == what)
    assert is_caught(name, mutant, book, runner, known)


def some_rules(book: RuleBook) -> list[str]:
    """A slice of the rules, of those of members and of families: `porter check --rules` runs all.

    Another slice: SEED.
    """
    chance = random.Random(SEED)
    members, families = sorted(book.of_classes), sorted(book.families.names if book.families is not None else ())
    return [*chance.sample(sorted(book.rules), 40), *chance.sample(members, 15), *chance.sample(families, 8)]


@pytest.mark.usefixtures("lent")
def test_rules_are_green(book: RuleBook) -> None:
    chosen = some_rules(book)
    report = check_rules(chosen, book, modes=("PyNative",))
    assert [result for result in report.results if result.verdict in FAILED] == []
    assert report.exit_code == 0 and report.counts[Verdict.OK] > 100
    proven = {result.rule for result in report.results if result.verdict is Verdict.OK and result.mode}
    rules = [rule for name in chosen if (rule := book.named(name)) is not None]
    assert {rule.name for rule in rules if rule.checks} <= proven


@pytest.mark.usefixtures("lent")
def test_instance_norm_is_green_in_both_modes_both_directions_and_all_forms(book: RuleBook) -> None:
    """With the cases that differ most, since GRAPH mode compiles each for seconds."""
    norm, function = book.rules["torch.nn.InstanceNorm3d"], book.rules["torch.nn.functional.instance_norm"]
    returning = next(check for check in norm.checks if check.side == "mindspore")
    statistics = [next(c for c in rule.checks if "x4" in c.args or "True, True" in c.args) for rule in (norm, function)]
    chosen = [
        replace(norm, checks=(norm.checks[0], statistics[0], returning)),
        replace(function, checks=(statistics[1],)),
    ]
    few = RuleBook({**book.rules, **{str(rule.torch.name): rule for rule in chosen}})
    report = check_rules([rule.name for rule in chosen], few)
    assert [result for result in report.results if result.verdict is not Verdict.OK] == []
    seen = {(result.direction, result.form, result.mode, result.dtype) for result in report.results}
    there, back, again = "torch -> mindspore", "mindspore -> torch", "torch -> mindspore -> torch"
    assert {
        (there, "call, gpu", "PyNative", "float32"),
        (there, "call, gpu", "PyNative", "float16"),
        (there, "call, gpu", "GRAPH", "float32"),
        (there, "call, gpu, input by name", "PyNative", "float32"),
        (there, "call, any", "GRAPH", "float32"),
        (there, "value, gpu", "GRAPH", "float32"),
        (there, "value, any", "PyNative", "float32"),
        (back, "call", "GRAPH", "float32"),
        (back, "value", "PyNative", "float32"),
        (again, "call", "", "float32"),
        ("", "signature in torch", "", ""),
        ("", "signature in mindspore", "", ""),
    } <= seen


def test_a_name_may_be_given_in_any_spelling(book: RuleBook) -> None:
    for name in ("nn.Module", "torch.nn.Module", "mindspore.nn.Cell"):
        assert [result.rule for result in check_rules([name], book).results] == ["nn.Module"]
    with pytest.raises(UsageError, match=r"there is no rule 'nn\.Nothing'; porter rules lists them"):
        check_rules(["nn.Nothing"], book)


def test_nothing_that_can_be_run_is_never_a_success(book: RuleBook) -> None:
    report = check_rules(["nn.Module"], book)
    assert report.exit_code == 2 and report.counts[Verdict.NOT_RUN] == 1
