"""How a place of a tree becomes something to run: its own text, with samples for what only the user knows."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from porter.check import converter
from porter.findings import Kind, Level, Site
from porter.proof.calls import Call, same_value
from porter.proof.cases import Case, Skipped
from porter.proof.sites import Tree, site_cases
from porter.rules.load import RuleBook
from porter.rules.signature import Signature

LAYERS = "import mindspore\nclass InstanceNorm3d(mindspore.nn.InstanceNorm3d): ...\n"
NORM, GENERATED = "nn.InstanceNorm3d", "porter_layers.InstanceNorm3d"


def site(before: str, after: str, kind: Kind = Kind.CALL, rule: str = "nn.InstanceNorm3d", **more: Any) -> Site:
    names = {"names_before": {"nn": "torch.nn", "F": "torch.nn.functional", "torch": "torch"}}
    names["names_after"] = {"nn": "mindspore.nn", "ops": "mindspore.ops", "porter_layers": "porter_layers"}
    return Site("a.py", 3, 5, kind, rule, before, after, Level.SAFE, **{**names, **more})


def built(place: Site, book: RuleBook, **given: str) -> Case:
    cases = cases_of(place, book, **given)
    assert [case.mode for case in cases if isinstance(case, Case)] == ["PyNative", "GRAPH"]
    assert isinstance(cases[0], Case)
    return cases[0]


def cases_of(place: Site, book: RuleBook, to: Any = "mindspore", **given: str) -> list[Case | Skipped]:
    tree = Tree(to, True, LAYERS, given, "porter check in out")
    rule = {rule.name: rule for rule in book.rules.values()}.get(place.rule)
    return site_cases(place, rule, tree, converter(book))


def reason(place: Site, book: RuleBook) -> str:
    (case,) = cases_of(place, book)
    assert isinstance(case, Skipped) and not case.fault
    return case.reason


def texts(case: Case) -> tuple[str, str]:
    """Both expressions, as they will run."""
    one, two = case.trials[0].truth.source, case.trials[0].found.source
    return one.partition("return ")[2].strip(), two.partition("return ")[2].strip()


def test_literals_stay_as_they_are(book: RuleBook) -> None:
    case = built(site(f"{NORM}(8, 1e-3)", f"{NORM}(8, 1e-3, affine=False)"), book)
    assert texts(case) == (f"{NORM}(8, 0.001)", f"{NORM}(8, 0.001, affine=False)")
    assert case.trials[0].samples == () and case.trials[0].shapes[0][1] == 8
    assert case.repeat == "porter check in out --site a.py:3"


def test_names_get_the_same_sample_on_both_sides(book: RuleBook) -> None:
    case = built(site(f"{NORM}(self.c, eps=cfg['eps'])", f"{NORM}(self.c, eps=cfg['eps'], affine=False)"), book)
    samples = dict(case.trials[0].samples)
    assert set(samples) == {"self.c", "cfg['eps']"}
    one, two = texts(case)
    assert two == one.replace(")", ", affine=False)") and "self" not in one and "cfg" not in one
    assert case.trials[0].shapes[0][1] == int(samples["self.c"])


def test_set_gives_another_value(book: RuleBook) -> None:
    case = built(site(f"{NORM}(c)", f"{NORM}(c, affine=False)"), book, c="16")
    assert texts(case)[0] == f"{NORM}(16)" and case.trials[0].shapes[0][1] == 16
    assert case.trials[0].samples == (("c", "16"),)


def test_a_name_may_be_reached_through_a_module_of_the_tree(book: RuleBook) -> None:
    names: Any = {"names_before": {"lib.nn": "torch.nn"}, "names_after": {"lib.nn": "mindspore.nn"}}
    case = built(site(f"lib.{NORM}(lib.width)", f"lib.{NORM}(lib.width, affine=False)", **names), book)
    assert texts(case) == ("lib_dot_nn.InstanceNorm3d(3)", "lib_dot_nn.InstanceNorm3d(3, affine=False)")
    assert case.trials[0].truth.names == (("lib_dot_nn", "torch.nn"),)
    assert (case.name, case.trials[0].samples) == (f"lib.{NORM}(lib.width)", (("lib.width", "3"),))


def test_arithmetic_follows_from_its_names(book: RuleBook) -> None:
    before, after = (
        "nn.Conv3d(c, c, k, padding=k // 2)",
        "nn.Conv3d(c, c, k, padding=k // 2, pad_mode='pad', has_bias=True)",
    )
    one, two = texts(built(site(before, after, rule="nn.Conv3d"), book))
    assert one == "nn.Conv3d(3, 3, 3, padding=3 // 2)" and "padding=3 // 2," in two


def test_a_transformed_expression_is_sampled_inside(book: RuleBook) -> None:
    place = site("nn.BatchNorm3d(4, momentum=m)", "nn.BatchNorm3d(4, momentum=1 - m)", rule="nn.BatchNorm3d")
    one, two = texts(built(place, book))
    assert one.endswith("momentum=0.3)") and two.endswith("momentum=1 - 0.3)")


def test_the_inputs_of_a_function_are_not_the_users_names(book: RuleBook) -> None:
    place = site("torch.cat([x2, x1], dim=1)", "ops.cat([x2, x1], axis=1)", rule="cat")
    assert texts(built(place, book)) == ("torch.cat([x0, x1], dim=1)", "ops.cat([x0, x1], axis=1)")


def test_names_of_what_a_sample_replaced_are_not_needed(book: RuleBook) -> None:
    place = site("torch.cat([x, torch.ones(1)], dim=-1)", "ops.cat([x, torch.ones(1)], axis=-1)", rule="cat")
    case = built(replace(place, names_after={"ops": "mindspore.ops", "torch": "torch"}), book)
    assert case.trials[0].found.names == (("ops", "mindspore.ops"),)
    assert case.trials[0].samples == (("[x, torch.ones(1)]", "[x0, x1]"),)
    assert any(len(set(trial.shapes)) == 1 for trial in case.trials)  # by an axis that the rule's case does not suit


def test_a_value_is_called_with_the_rules_own_arguments(book: RuleBook) -> None:
    case = built(site(NORM, GENERATED, Kind.VALUE), book)
    rule = case.rule
    args = [check.args for check in rule.checks if check.side == "torch"]
    sources = [trial.truth.source for trial in case.trials]
    assert len(sources) == len(args) and all(f"{NORM}({a})" in s for a, s in zip(args, sources, strict=True))
    assert case.trials[0].found.layers == LAYERS and case.trials[0].truth.layers is None


def test_star_arguments_are_like_a_value(book: RuleBook) -> None:
    case = built(site(f"{NORM}(c, **kw)", f"{GENERATED}(c, **kw)"), book)
    assert "**" not in texts(case)[0] and "**" not in texts(case)[1]
    assert texts(case)[1].startswith(GENERATED)


def test_way_back_the_truth_is_the_converted_side(book: RuleBook) -> None:
    names: Any = {"names_before": {"nn": "mindspore.nn"}, "names_after": {"nn": "torch.nn"}}
    cases = cases_of(site(f"{NORM}(8)", f"{NORM}(8, affine=True)", **names), book, to="torch")
    assert isinstance(cases[0], Case) and cases[0].direction == "mindspore -> torch"
    trial = cases[0].trials[0]
    assert (trial.truth.framework, trial.found.framework) == ("torch", "mindspore")
    assert "affine=True" in trial.truth.source and trial.found.native


def test_a_large_kernel_gets_a_larger_input_to_try(book: RuleBook) -> None:
    case = built(
        site("nn.Conv3d(1, 2, 9)", "nn.Conv3d(1, 2, 9, pad_mode='pad', has_bias=True)", rule="nn.Conv3d"), book
    )
    smallest, *others = [trial.shapes[0][2] for trial in case.trials]
    assert max(others) == 4 * smallest or max(others) > 9


NOT_RUN = {
    "base class": (site(NORM, GENERATED, Kind.BASE), "a base class has no call of its own"),
    "type test": (site(NORM, GENERATED, Kind.TYPE_TEST), "a type test computes nothing"),
    "annotation": (site(NORM, GENERATED, Kind.ANNOTATION), "an annotation computes nothing"),
    "import": (site(NORM, GENERATED, Kind.IMPORT), "an import computes nothing"),
    "string": (site(NORM, GENERATED, Kind.STRING), "a name in a string is resolved at run time"),
    "method": (site("x.view(1)", "x.view(1)", Kind.METHOD), "a method needs its object"),
    "wrap": (
        site(f"{NORM}(8)", f"porter_layers.fresh({GENERATED}(8))", Kind.METHOD, "nn.Module"),
        "what is built is handed to a function that keeps its mode, which is no number of its own",
    ),
    "container": (
        site("nn.Sequential", "nn.SequentialCell", rule="nn.Sequential"),
        "the rule has no [[check]] case: there is nothing to run it with",
    ),
    "left": (
        site(
            f"{NORM}(8)",
            f"{NORM}(8)",
            names_after={"nn": "torch.nn", "F": "torch.nn.functional", "torch": "torch"},
            reason="why",
        ),
        "left as it was: why",
    ),
    "no rule": (site("a()", "b()", rule="nn.Nothing"), "there is no rule 'nn.Nothing'"),
    "does not bind": (
        site(f"{NORM}(1, 2, 3, 4, 5, 6, 7, 8, 9)", f"{NORM}(1)"),
        "takes 7 positional arguments, 9 are given",
    ),
}


@pytest.mark.parametrize(("place", "why"), NOT_RUN.values(), ids=NOT_RUN.keys())
def test_what_cannot_run_says_why(place: Site, why: str, book: RuleBook) -> None:
    assert reason(place, book) == why


CALL = Call("f(3, eps=1e-05, affine=True)", Signature("n, eps=0.00001, affine=False, *, bias=True"))


def test_calls_know_what_is_away_from_its_default() -> None:
    assert CALL.away_from_default() == ["affine"]
    assert CALL.with_argument("affine", "False") == "f(3, eps=1e-05, affine=False)"
    assert CALL.with_argument("n", "4") == "f(4, eps=1e-05, affine=True)"
    assert (CALL.value("n"), CALL.value("bias"), CALL.callee) == (3, True, "f")


@pytest.mark.parametrize("text", ["f(*a)", "f(**k)", "f", "f()", "f(1, n=2)", "f(1, other=2)"])
def test_calls_that_cannot_be_bound_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        Call(text, CALL.signature)


@pytest.mark.parametrize(("one", "two", "same"), [
    ("1e-5", "0.00001", True), ("1", "1.0", False), ("True", "1", False), ("(1, 2)", "(1,2)", True),
    ("torch.float32", "torch.float32", True), ("'a'", '"a"', True), ("a", "b", False),
])  # fmt: skip
def test_same_value(one: str, two: str, same: bool) -> None:
    assert same_value(one, two) is same
