"""`porter check`: is what was written the same, in numbers? Importing this starts no framework."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from porter.check.manifest import Manifest
from porter.errors import UsageError
from porter.findings import Level, Site
from porter.results import CheckReport, Result, Verdict
from porter.rules.load import RuleBook
from porter.rules.model import Framework, Rule, other

if TYPE_CHECKING:
    from porter.proof.cases import AnyCase, Converted, Skipped

__all__ = ["CheckReport", "Result", "Verdict", "check_rules", "check_tree"]

Progress = Callable[[int, int], None]


def check_rules(
    names: Sequence[str],
    rules: RuleBook,
    progress: Progress | None = None,
    modes: Sequence[str] = ("PyNative", "GRAPH"),
) -> CheckReport:
    """Prove rules by their own [[check]] cases: `names` (`nn.InstanceNorm3d` or `torch.nn.InstanceNorm3d`), or all.

    Raises UsageError for a name that has no rule, FrameworkError when torch or mindspore is missing.
    """
    from porter.proof.cases import RuleCases

    chosen = [_rule_named(name, rules) for name in names] if names else list(rules.every)
    cases: list[AnyCase] = []
    for rule in chosen:
        cases += RuleCases(rule, converter(rules), modes)
        cases += [] if rule.checks else [_without_cases(rule)]  # that a signature is right proves no number
    return CheckReport(tuple(_run(cases, progress)))


def check_tree(
    src: Path,
    out: Path,
    rules: RuleBook,
    *,
    sites: Sequence[str] = (),
    names: Mapping[str, str] | None = None,
    progress: Progress | None = None,
) -> CheckReport:
    """Prove every site that OUT/porter.json lists: its text in SRC against its text in OUT.

    `sites`: only these `FILE:LINE` (as in SRC). `names`: expression -> literal, for what the source leaves open.
    Raises SourceError when there is no manifest or the trees are not those it was written for, UsageError for a site
    that is not in it, FrameworkError when torch or mindspore is missing.
    """
    from porter.proof.cases import Skipped
    from porter.proof.sites import Tree, site_cases

    manifest = Manifest(src, out)
    repeat = f"porter check {src} {out}"
    tree = Tree(manifest.to, manifest.native, manifest.layers, dict(names or {}), repeat)
    cases: list[AnyCase] = []
    chosen = manifest.chosen(sites)
    _refuse_unused(tree.given, chosen)
    for site in chosen:
        changed = manifest.changed_since(site)
        if changed:
            cases.append(Skipped(site.before, site.rule, changed, "", str(site.kind), site.path, site.line, fault=True))
        else:
            cases += site_cases(site, _rule_of(site, rules, other(manifest.to)), tree, converter(rules))
    return CheckReport(tuple(_run(cases, progress)), tuple(manifest.notes()))


def _refuse_unused(given: Mapping[str, str], sites: Sequence[Site]) -> None:
    from porter.proof.calls import expressions

    known = {text for site in sites for text in expressions(site.before)} if given else set()
    for name in given:
        if name not in known:
            raise UsageError(f"--set {name}={given[name]}: no place to be checked has {name} in it")


def converter(rules: RuleBook) -> Callable[[str, Framework, str], Converted]:
    """What `porter convert` writes for a text, so that exactly that is proven."""
    from porter.convert import Options, convert_text
    from porter.proof.cases import Converted

    def convert(text: str, to: Framework, platform: str) -> Converted:
        result = convert_text(text, rules, Options(to=to, platform=platform, mark=False))
        left = [finding.message for finding in result.findings if finding.level is Level.MANUAL]
        reason = "; ".join(left) or ("" if result.text != text else "convert changed nothing")
        return Converted(result.text, result.layers, reason)

    return convert


def _run(cases: Sequence[AnyCase], progress: Progress | None) -> Iterable[Result]:
    """Results of all cases, in their order; frameworks are loaded here, and only where something can be run."""
    from porter.check.pool import run_all

    return run_all(cases, progress)


def _rule_named(name: str, rules: RuleBook) -> Rule:
    rule = rules.named(name)
    if rule is None:
        raise UsageError(f"there is no rule {name!r}; porter rules lists them")
    return rule


def _without_cases(rule: Rule) -> Skipped:
    from porter.proof.cases import Skipped

    reason = rule.mindspore.none or "the rule has no [[check]]"
    return Skipped(rule.torch.name or rule.name, rule.name, reason)


def _rule_of(site: Site, rules: RuleBook, side: Framework) -> Rule | None:
    key = f"torch.{site.rule}"
    return (
        rules.rules.get(key)
        or rules.of_classes.get(key)
        or rules.find(site.rule, "torch")
        or rules.find(site.rule, side)
        or rules.find(f"mindspore.{site.rule}", "mindspore")
    )
