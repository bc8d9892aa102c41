"""`porter check`: is what was written the same, in numbers? Importing this starts no framework."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from porter.errors import SourceError, UsageError
from porter.findings import Kind, Level, Site
from porter.results import CheckReport, Result, Verdict
from porter.rules.load import RuleBook
from porter.rules.model import Framework, Rule

if TYPE_CHECKING:
    from porter.proof.cases import AnyCase, Converted, Skipped

__all__ = ["CheckReport", "Result", "Verdict", "check_rules", "check_tree"]

MANIFEST = "porter.json"

Progress = Callable[[int, int], None]


def check_rules(names: Sequence[str], rules: RuleBook, progress: Progress | None = None) -> CheckReport:
    """Prove rules by their own [[check]] cases: `names` (`nn.InstanceNorm3d` or `torch.nn.InstanceNorm3d`), or all.

    Raises UsageError for a name that has no rule, FrameworkError when torch or mindspore is missing.
    """
    from porter.proof.cases import RuleCases

    chosen = [_rule_named(name, rules) for name in names] if names else list(rules.rules.values())
    cases: list[AnyCase] = []
    for rule in chosen:
        found = list(RuleCases(rule, converter(rules)))
        cases += found or [_without_cases(rule)]
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
    from porter.proof.sites import Tree, site_cases

    manifest = read_manifest(out)
    chosen = _chosen([_site(entry) for entry in manifest["sites"]], sites)
    _compare_with_source(src, chosen)
    to: Framework = manifest["to"]
    layers = _layers(out, manifest.get("layers"))
    tree = Tree(to, manifest.get("platform") != "any", layers, dict(names or {}), f"porter check {src} {out}")
    side: Framework = "torch" if to == "mindspore" else "mindspore"
    cases: list[AnyCase] = []
    for site in chosen:
        cases += site_cases(site, _rule_of(site, rules, side), tree, converter(rules))
    return CheckReport(tuple(_run(cases, progress)))


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
    from porter.check.runner import run_all

    return run_all(cases, progress)


def _rule_named(name: str, rules: RuleBook) -> Rule:
    rule = rules.rules.get(name) or rules.rules.get(f"torch.{name}") or rules.find(name, "mindspore")
    if rule is None:
        raise UsageError(f"there is no rule {name!r}; porter rules lists them")
    return rule


def _without_cases(rule: Rule) -> Skipped:
    from porter.proof.cases import Skipped

    reason = rule.mindspore.none or "the rule has no [[check]]"
    return Skipped(rule.torch.name or rule.name, rule.name, reason)


def read_manifest(out: Path) -> dict[str, Any]:
    """OUT's porter.json. Raises SourceError."""
    path = (out if out.is_dir() else out.parent) / MANIFEST
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except OSError:
        raise SourceError(f"{path}: not found; check needs the OUT that porter convert SRC -o OUT wrote") from None
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise SourceError(f"{path}: not the manifest of porter convert ({error}); convert again") from None
    if not isinstance(manifest, dict) or not isinstance(manifest.get("sites"), list):
        raise SourceError(f"{path}: not the manifest of porter convert (it lists no sites); convert again")
    if manifest.get("to") not in ("torch", "mindspore"):
        raise SourceError(f"{path}: 'to' is {manifest.get('to')!r}, expected 'torch' or 'mindspore'; convert again")
    return manifest


def _site(entry: Mapping[str, Any]) -> Site:
    try:
        return Site(**{**entry, "kind": Kind(entry["kind"]), "level": Level(entry["level"])})
    except (TypeError, KeyError, ValueError) as error:
        raise SourceError(f"{MANIFEST}: a site is damaged ({error}); convert again") from None


def _chosen(sites: list[Site], wanted: Sequence[str]) -> list[Site]:
    if not wanted:
        return sites
    known = {f"{site.path}:{site.line}" for site in sites}
    unknown = [place for place in wanted if place not in known]
    if unknown:
        raise UsageError(f"--site {unknown[0]}: no converted place there; expected FILE:LINE as {MANIFEST} lists them")
    return [site for site in sites if f"{site.path}:{site.line}" in wanted]


def _compare_with_source(src: Path, sites: Sequence[Site]) -> None:
    """Refuse a SRC that the manifest was not written for. Raises SourceError."""
    root = src if src.is_dir() else src.parent
    for name in sorted({site.path for site in sites}):
        if not (root / name).is_file():
            raise SourceError(f"{root / name}: not found, but {MANIFEST} lists it; is this the SRC that was converted?")


def _layers(out: Path, name: str | None) -> str | None:
    if name is None:
        return None
    path = (out if out.is_dir() else out.parent) / name
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise SourceError(f"{path}: cannot be read ({error.strerror}), but {MANIFEST} names it") from None


def _rule_of(site: Site, rules: RuleBook, side: Framework) -> Rule | None:
    by_name = {rule.name: rule for rule in rules.rules.values()}
    return by_name.get(site.rule) or rules.find(site.rule, "torch") or rules.find(site.rule, side)
