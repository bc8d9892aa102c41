"""Convert a tree, or a piece of text: read names, decide, edit. Nothing here touches a file or prints."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from porter.codes import Code
from porter.errors import UsageError
from porter.findings import Finding, Level, Site
from porter.rewrite.decide.decision import Place, Reason
from porter.rewrite.decide.file import FilePlan
from porter.rewrite.decide.names.other_files import tell_others
from porter.rewrite.decide.tree import TreeFacts
from porter.rewrite.doubts import assumed, doubts, lost
from porter.rewrite.edit.file import Assembled
from porter.rewrite.layers.earlier import earlier_pieces, tell_unknown
from porter.rewrite.layers.module import layers_text
from porter.rewrite.options import Options
from porter.rewrite.parallel import assembled
from porter.rewrite.tree import TreePlan, decisions, plan_tree, tree_facts
from porter.rewrite.tree import missing as missing_names
from porter.rules.load import RuleBook
from porter.rules.model import Framework, Rule
from porter.rules.paths import canonical
from porter.source.generated import LAYERS, asks_for, is_for, is_generated, layers_name, stands_for
from porter.source.imports import imported_frameworks
from porter.source.index import TreeIndex
from porter.source.text import SourceText, Unreadable, read_text
from porter.source.tree import Tree
from porter.source.uses import Uses

__all__ = [
    "Conversion",
    "FileResult",
    "Options",
    "TextResult",
    "convert_text",
    "convert_tree",
    "detect_direction",
    "missing",
]

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class FileResult:
    """One Python file before and after; `failed`: it could not be read as Python and is handed on as it is."""

    path: str
    before: bytes
    after: bytes
    failed: bool = False


@dataclass(frozen=True, slots=True)
class Conversion:
    """A whole tree converted. `added` files are new, `removed` ones are no longer needed.

    `idle`: no file uses the framework to convert from, so there was nothing to do.
    """

    options: Options
    files: tuple[FileResult, ...]
    added: dict[str, str]
    removed: tuple[str, ...]
    findings: tuple[Finding, ...]
    sites: tuple[Site, ...]
    layers: str | None = None
    idle: bool = False


@dataclass(frozen=True, slots=True)
class TextResult:
    """A piece of text converted; `layers` is the text of the `porter_layers` module that it imports, if it does."""

    text: str
    layers: str | None
    sites: tuple[Site, ...]
    findings: tuple[Finding, ...]


def convert_text(text: str, rules: RuleBook, options: Options, path: str = "text.py") -> TextResult:
    """Convert one file's text that belongs to no tree. Raises UsageError when it is no Python."""
    tree = Tree(Path(), {path: text.encode("utf-8")})
    result = convert_tree(tree, rules, options)
    file = result.files[0]
    if file.failed:
        raise UsageError(result.findings[0].message)
    layers = next(iter(result.added.values()), None)
    return TextResult(file.after.decode("utf-8"), layers, result.sites, result.findings)


def convert_tree(
    tree: Tree, rules: RuleBook, options: Options, jobs: int = 1, progress: Progress | None = None
) -> Conversion:
    """Convert every Python file of a tree; a file that is no Python is a finding and is handed on as it is.

    `jobs` processes rewrite the files; the result is the same for any number.
    """
    with _uncollected():
        return _convert(tree, rules, options, jobs, progress)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Syntax trees are large and live to the end: looking for garbage among them meanwhile doubles the time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _convert(tree: Tree, rules: RuleBook, options: Options, jobs: int, progress: Progress | None) -> Conversion:
    texts, failures = _parsed(tree)
    failures += tell_others(tree, rules, options)
    generated = {p for p in texts if is_generated(tree.files[p])}
    options = replace(options, layers=layers_name(generated, taken_names(tree)))
    index = TreeIndex.build(tree.root.name or "tree", texts, frozenset(tree.files))
    uses = _uses(tree, index, generated, options)
    files: dict[str, FileResult] = {p: FileResult(p, data, data, p not in texts) for p, data in tree.files.items()}
    if not uses.concerned:
        unchanged, layers = tuple(files[p] for p in sorted(files)), next(iter(sorted(generated)), None)
        return Conversion(options, unchanged, {}, (), tuple(sorted(failures)), (), layers, idle=True)
    facts = tree_facts(index, rules, options, uses.concerned - generated, generated, progress)
    plans, results = _settled(facts, generated, jobs)
    findings, sites = [*failures, *_name_findings(plans, tree, generated)], list[Site]()
    findings += [*doubts(index, uses.concerned), *assumed(index, uses.concerned), *lost(plans, options.layers)]
    for path, result in results.items():
        findings += result.findings
        sites += result.sites
        files[path] = _result(tree, plans.files[path], result)
    kept = _layers(tree, plans.wanted, generated, rules, options)
    members = plans.members.union(*(asks_for(tree.files[p]) for p in generated if is_for(tree.files[p], options.to)))
    modules = {path: tree.files[path] for path in generated}
    unknown = list(tell_unknown(modules, rules, options))
    findings += unknown
    left = bool(unknown) or any(result.refused for result in results.values())  # a file that stays may import it
    removed = tuple(sorted(generated)) if _goes_back(tree, generated, options) and not left else ()
    earlier = earlier_pieces(modules, rules, options)
    text = layers_text(kept, options, members, rules, earlier) if plans.wanted or plans.members else ""
    added = {plans.layers_path: text} if text else {}
    return Conversion(
        options,
        tuple(files[p] for p in sorted(files) if p not in removed and p not in added),
        added,
        tuple(p for p in removed if p not in added),
        tuple(sorted(findings)),
        tuple(sites),
        plans.layers_path if added else next(iter(sorted(generated)), None) if not removed else None,
    )


def _settled(facts: TreeFacts, generated: set[str], jobs: int) -> tuple[TreePlan, dict[str, Assembled]]:
    """Plans that give healthy files: what would spoil one is taken out, and all that needs it."""
    decided, refused = list(decisions(facts)), dict[Place, Reason]()
    left: dict[str, Assembled] = {}
    while True:
        plans = plan_tree(facts, decided, generated, refused)
        results = {path: left.get(path, result) for path, result in assembled(plans, facts.options, jobs)}
        new = {place: why for r in results.values() for place, why in r.refused.items() if place not in refused}
        if not new:
            return plans, results
        refused |= new
        left |= {path: result for path, result in results.items() if result.refused and result.findings}


def _parsed(tree: Tree) -> tuple[dict[str, SourceText], list[Finding]]:
    texts: dict[str, SourceText] = {}
    findings: list[Finding] = []
    for path, raw in tree.files.items():
        try:
            text = read_text(raw)
            text.tree  # noqa: B018  parsed here, so that a file that is no Python is a finding
            texts[path] = text
        except Unreadable as error:
            findings.append(
                replace(_about(path, Level.MANUAL, f"copied as it is: {error}"), line=error.line, code=Code.NO_PYTHON)
            )
    findings += [_about(path, Level.MANUAL, f"cannot be read: {why}") for path, why in tree.unreadable.items()]
    findings += [_about(path, Level.REVIEW, f"is {what}: passed over") for path, what in tree.skipped.items()]
    return texts, findings


def _about(path: str, level: Level, message: str) -> Finding:
    """What there is to say of a file as a whole."""
    return Finding(path, 1, 1, level, "file", message)


def carried_findings(tree: Tree) -> list[Finding]:
    """Ignored modules that have to be copied along."""
    message = "is ignored, but {} imports it: copied as it is; --include converts it"
    return [_about(path, Level.REVIEW, message.format(by)) for path, by in tree.carried.items()]


def _uses(tree: Tree, index: TreeIndex, generated: set[str], options: Options) -> Uses:
    """Who uses the source framework; what an earlier run generated in its place counts as the framework."""
    return Uses(index, options.source, options.to, generated if _goes_back(tree, generated, options) else ())


def _result(tree: Tree, plan: FilePlan, result: Assembled) -> FileResult:
    path, text = plan.module.path, plan.module.text
    raw = tree.files[path]
    after = text.encode(result.data) if result.data != text.data else raw
    return FileResult(path, raw, after, result.failed)


def taken_names(tree: Tree) -> dict[str, str]:
    """Names of the modules and folders that lie in a tree (name -> a path), whether they are read or not.

    In small letters: on some disks `Porter_Layers.py` is the same file.
    """
    paths = [*tree.files, *tree.others, *tree.unreadable, *tree.skipped, *(each.path for each in tree.left_out)]
    return {part.partition(".")[0].lower(): path for path in paths for part in path.split("/")}


def _name_findings(plans: TreePlan, tree: Tree, generated: set[str]) -> list[Finding]:
    """That the generated module has another name than usual, where this run gives it that name."""
    name = plans.layers_path.rpartition("/")[2]
    if not (plans.wanted or plans.members) or generated or name == f"{LAYERS}.py":
        return []
    message = f"{LAYERS} is the name of a module of yours, so the generated module is {plans.layers_path}"
    return [_about(taken_names(tree)[LAYERS], Level.REVIEW, message)]


def _layers(
    tree: Tree, wanted: Mapping[str, Rule], generated: set[str], rules: RuleBook, options: Options
) -> list[tuple[str, Rule]]:
    """What the generated module must offer: what this run needs and what an earlier run wrote."""
    names = dict(wanted)
    for path in generated:
        for name in stands_for(tree.files[path]):
            rule = rules.find(name, options.source)
            if rule is not None:
                names.setdefault(name.rpartition(".")[2], rule)
    return list(names.items())


def _goes_back(tree: Tree, generated: set[str], options: Options) -> bool:
    """Whether the generated module stood for the framework that the tree now goes back to."""
    stood = any(n.startswith(f"{options.to}.") for path in generated for n in stands_for(tree.files[path]))
    return stood or any(is_for(tree.files[path], options.source) for path in generated)


def detect_direction(tree: Tree) -> Framework:
    """The framework to convert to: the one that the tree does not import. Raises UsageError when that is not clear."""
    counts = imported_frameworks(tree)
    if counts["torch"] and not counts["mindspore"]:
        return "mindspore"
    if counts["mindspore"] and not counts["torch"]:
        return "torch"
    found = f"{counts['torch']} files that import torch and {counts['mindspore']} that import mindspore"
    raise UsageError(
        f"{tree.root}: found {found}; expected one framework, so say which way with --to mindspore or --to torch"
    )


def missing(tree: Tree, rules: RuleBook, to: Framework = "mindspore") -> list[tuple[str, int, int]]:
    """Names of the source framework without a rule: (qualified name, uses, files), most used first."""
    options = Options(to)
    texts, _ = _parsed(tree)
    index = TreeIndex.build(tree.root.name or "tree", texts, frozenset(tree.files))
    uses: dict[str, list[str]] = {}
    concerned = _uses(tree, index, set(), options).concerned
    for path, name in missing_names(tree_facts(index, rules, options, concerned, ())):
        uses.setdefault(canonical(name), []).append(path)
    rows = [(name, len(paths), len(set(paths))) for name, paths in uses.items()]
    return sorted(rows, key=lambda row: (-row[1], row[0]))
