"""The signatures in the rule files are those of the installed frameworks: names, order, kinds and defaults.

`check` compares them, with `inspect.signature` in a process of the framework; here it is held to all rules at once, and
is shown wrong ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from porter.check.runner import Runner
from porter.proof import names
from porter.proof.names import SignatureCase
from porter.results import Verdict
from porter.rules.load import load_rules
from porter.rules.model import FRAMEWORKS, Framework, Rule, Version
from porter.rules.signature import Signature

RULES = load_rules().rules
SIDES = [(rule, side) for rule in RULES.values() for side in FRAMEWORKS if rule.side(side).signature is not None]

UNREADABLE = {
    ("cat", "torch"): "torch.cat is not written in Python and has no signature that can be read",
    ("nn.functional.gelu", "torch"): "it is torch._C._nn.gelu, which has none either",
    **{(name, "torch"): "it is written in C++" for name in ("empty", "full", "ones", "rand", "randn", "zeros")},
    ("max", "torch"): "it is written in C++",
    ("device", "torch"): "it is a type of C++",
    ("empty", "mindspore"): "it takes *args, **kwargs",
}
"""What `inspect.signature` cannot see: a person holds it to the documentation, and its cases to the numbers."""

Verdicts = Callable[[Rule, Framework], Verdict]


@pytest.fixture(scope="module")
def verdict() -> Iterator[Verdicts]:
    """The verdict on one signature of a rule."""
    with Runner() as runner:

        def of(rule: Rule, side: Framework) -> Verdict:
            (result,) = runner.results(SignatureCase(str(rule.side(side).name), rule, side))
            return result.verdict

        yield of


def with_signature(rule: Rule, side: Framework, text: str) -> Rule:
    """The same rule with another signature on one side, whatever the version."""
    half = replace(rule.side(side), signature=Signature(text))
    halves = {"torch": rule.torch, "mindspore": rule.mindspore} | {side: half}
    return replace(rule, versions=(), **halves)  # type: ignore[arg-type]


@pytest.mark.frameworks("torch", "mindspore")
@pytest.mark.parametrize(("rule", "side"), SIDES, ids=[f"{rule.name} in {side}" for rule, side in SIDES])
def test_a_signature_is_that_of_the_installed_framework(rule: Rule, side: Framework, verdict: Verdicts) -> None:
    expected = Verdict.NOT_RUN if (rule.name, side) in UNREADABLE else Verdict.OK
    assert verdict(rule, side) is expected


@pytest.mark.frameworks("torch", "mindspore")
@pytest.mark.parametrize(
    ("side", "what", "found", "wrong"),
    [
        ("torch", "default", "affine=False", "affine=True"),
        ("torch", "type of a default", "affine=False", "affine=0"),
        ("torch", "number", "eps=1e-05", "eps=1e-06"),
        ("torch", "name", "num_features", "channels"),
        ("torch", "order", "affine=False, track_running_stats=False", "track_running_stats=False, affine=False"),
        ("torch", "kind", "*, bias=True", "bias=True"),
        ("torch", "parameter too few", ", *, bias=True", ""),
        ("torch", "parameter too many", "*, bias=True", "*, bias=True, scale=True"),
        ("torch", "no default", "momentum=0.1, ", ""),
        ("torch", "default that is required", "num_features", "num_features=1"),
        ("mindspore", "default", "affine=True", "affine=False"),
        ("mindspore", "text", "gamma_init='ones'", "gamma_init='zeros'"),
        ("mindspore", "name of the framework", "mindspore.float32", "mindspore.float16"),
    ],
)
def test_a_wrong_signature_is_found(side: Framework, what: str, found: str, wrong: str, verdict: Verdicts) -> None:
    rule = RULES["torch.nn.InstanceNorm3d"]
    signature = rule.side(side).signature
    assert signature is not None and found in signature.text
    assert verdict(with_signature(rule, side, signature.text), side) is Verdict.OK
    assert verdict(with_signature(rule, side, signature.text.replace(found, wrong)), side) is Verdict.MISMATCH


@pytest.mark.frameworks("torch", "mindspore")
@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("torch.nn.Sigmoid", "", Verdict.OK),
        ("torch.nn.Sigmoid", "*args, **kwargs", Verdict.MISMATCH),
        ("torch.nn.Sigmoid", "inplace=False", Verdict.MISMATCH),
        ("torch.nn.Identity", "", Verdict.MISMATCH),  # it takes any argument, and looks at none
        ("torch.nn.Identity", "*args, **kwargs", Verdict.OK),
        ("torch.einsum", "", Verdict.MISMATCH),
    ],
)
def test_a_class_without_a_constructor_of_its_own_takes_nothing(
    name: str, text: str, expected: Verdict, verdict: Verdicts
) -> None:
    rule = with_signature(RULES["torch.nn.Sigmoid"], "torch", text)
    assert verdict(replace(rule, torch=replace(rule.torch, name=name)), "torch") is expected


@pytest.mark.parametrize(
    ("installed", "expected"),
    [
        ("2.13.0+cpu", ["size, *, bias=True"]),
        ("2.12.1", ["size"]),
        ("1.9", ["size", "width"]),
        ("", ["size, *, bias=True"]),
    ],
)
def test_a_signature_is_held_to_its_versions_only(
    installed: str, expected: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(names, "installed_version", lambda framework: installed)
    old = (("torch", "<2.13", "size"), ("torch", "<2", "width"), ("mindspore", "<99", "other"))
    versions = tuple(Version(framework, within, Signature(text)) for framework, within, text in old)  # type: ignore[arg-type]
    rule = replace(with_signature(RULES["torch.nn.ReLU"], "torch", "size, *, bias=True"), versions=versions)
    texts = [snippet.source for snippet in SignatureCase("ReLU", rule, "torch").snippets]
    assert [text.partition("def expected(")[2].partition("): ...")[0] for text in texts] == expected


def test_the_version_is_that_of_the_package() -> None:
    assert names.installed_version("no-such-framework") == ""  # type: ignore[arg-type]
    assert names.installed_version("hypothesis")[0].isdigit()  # type: ignore[arg-type]
