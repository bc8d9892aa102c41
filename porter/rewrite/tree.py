"""Convert a whole tree: find its facts, decide about every place, settle, and say what each file becomes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Set
from dataclasses import dataclass, replace

from porter.findings import Kind, Level
from porter.rewrite.decide.calls import joined_dtypes, samples
from porter.rewrite.decide.change import Ask, Fill
from porter.rewrite.decide.classes import clashes, neither, reserved, unknown_bases
from porter.rewrite.decide.classes.movers import Moved
from porter.rewrite.decide.classes.type_tests import decide_whole
from porter.rewrite.decide.decision import Choice, Decision, Place, Reason
from porter.rewrite.decide.facts import FileFacts
from porter.rewrite.decide.file import FilePlan
from porter.rewrite.decide.in_place import in_place_calls, in_place_layers, inplace
from porter.rewrite.decide.members import (
    attributes,
    class_members,
    class_patterns,
    differs,
    getters,
    inner_layers,
    lacking,
    lookups,
    lost,
    methods,
    set_buffers,
    set_later,
    slices,
    tables,
    texts,
    unasked,
)
from porter.rewrite.decide.mode import fresh
from porter.rewrite.decide.names import by_name, cautions, data_texts, strangers, strings, ways
from porter.rewrite.decide.names.by_name import Lookups
from porter.rewrite.decide.names.groups import Group, group_references
from porter.rewrite.decide.names.handing import Wanted, handed_value, is_scattered, tell_handed
from porter.rewrite.decide.names.imports import plan_imports
from porter.rewrite.decide.names.stars import tell_idle
from porter.rewrite.decide.names.strings import Strings
from porter.rewrite.decide.settle import Choices, settle
from porter.rewrite.decide.tree import TreeFacts
from porter.rewrite.decide.units import Units, is_needed
from porter.rewrite.options import Options
from porter.rewrite.place import place
from porter.rewrite.waiting import Waiting, needs, restored_imports, with_room
from porter.rules.load import RuleBook
from porter.rules.model import Rule
from porter.source.handed import bind_stars, handed_on, imported, route
from porter.source.index import TreeIndex

Progress = Callable[[int, int], None]
DECIDERS = (
    ways.decide,
    attributes.decide,
    set_later.decide,
    methods.decide,
    lacking.decide,
    inplace.decide,
    in_place_calls.decide,
    in_place_layers.decide,
    strings.decide,
    texts.decide,
    by_name.decide,
    cautions.decide,
    class_members.decide,
    class_patterns.decide,
    data_texts.decide,
    lookups.decide,
    lost.decide,
    slices.decide,
    tables.decide,
    getters.decide,
    inner_layers.decide,
    joined_dtypes.decide,
    samples.decide,
    fresh.decide,
    unasked.decide,
    set_buffers.decide,
)
TELLERS = (unknown_bases.tell, differs.tell, reserved.tell, clashes.tell, strangers.tell, neither.tell)
"""What is only said, once it is settled which classes change sides."""


@dataclass(frozen=True)
class TreePlan:
    """The plans of all files, and the generated module that they need: the rules by their names in it, and its path.

    `members` are names in it that are no rule's; `layers_users` are the files that import it.
    """

    index: TreeIndex
    files: Mapping[str, FilePlan]
    wanted: Mapping[str, Rule]
    layers_path: str
    members: frozenset[str] = frozenset()
    layers_users: tuple[str, ...] = ()


def tree_facts(
    index: TreeIndex,
    rules: RuleBook,
    options: Options,
    concerned: Set[str],
    generated: Collection[str],
    progress: Progress | None = None,
) -> TreeFacts:
    """The facts of every file of a tree that the conversion concerns."""
    bind_stars(index)
    files: dict[str, FileFacts] = {}
    for count, path in enumerate(sorted(concerned), 1):
        file = FileFacts(index.modules[path], index, rules, options, sorted(generated))
        scopes = file.module.scopes
        if scopes.reads or scopes.strings or scopes.stars or file.unused_imports:
            files[path] = file
        if progress is not None:
            progress(count, len(concerned))
    return TreeFacts(index, files, rules, options)


def decisions(tree: TreeFacts) -> Iterator[Decision]:
    """Every decision about a tree."""
    yield from tree.decide_any()
    yield from decide_whole(tree.files.values())
    for file in tree.files.values():
        yield from map(tree.compiled.bound, tree.movers.decide(file))
        for decide in DECIDERS:
            yield from map(tree.compiled.bound, decide(file, tree))
    yield from fresh.decide_elsewhere(tree)


def plan_tree(
    tree: TreeFacts, decided: Collection[Decision], generated: Collection[str], refused: Mapping[Place, Reason]
) -> TreePlan:
    """What each file becomes, given the decisions and the places where no change can be made."""
    choices, units = settle(decided, tree.options.level, refused), None
    if is_needed(tree.options):
        units = Units(tree, decided, choices, _told(tree, Moved(tree.movers, choices)))
        choices = settle(tuple(units.decisions()), tree.options.level, refused)
    moved = Moved(tree.movers, choices)
    taken, held, reached = handed_on(tree.index), _held(tree.index, choices), _reached(tree)
    loaded, files, texts = imported(tree.index), dict[str, FilePlan](), dict[str, frozenset[str]]()
    objects = frozenset(name for file in tree.files.values() for name in file.objects)
    for path, file in tree.files.items():
        told = [c for c in _told_of(file, tree, moved) if units is None or not units.is_silent(c, choices)]
        dotted = file.module.dotted
        public = taken.get(dotted, frozenset()) | file.module.exported
        read = reached.get(dotted, frozenset())
        public |= _single(file, read)
        if path in loaded and not file.references:
            read |= {name for name, _ in file.unused_imports}  # all that the file is there for
        there = held.get(dotted, frozenset())
        texts[path] = Strings(file).spelled() | Lookups(file).kept()
        fixed = texts[path] | there
        chosen = [choice for choice in choices.by_path.get(path, ()) if choice.kind is not Kind.CLASS]
        files[path] = _file_plan(file, (*chosen, *told), Wanted(public, fixed, there), read, dotted in objects)
    wanted = dict(_wanted(files.values(), tree))
    users = [path for path, plan in files.items() if any(plan.takes_layers(tree.options.layers))]
    found = place(tree.index, users, generated, f"{tree.options.layers}.py")
    if tree.options.wait and (generated or _changes(files.values())):
        found = with_room(found, users, files, generated)
    if tree.options.wait and tree.options.whole != "file" and (generated or _changes(files.values())):
        files |= Waiting(tree, found, texts).plans(files)
        users = [path for path, plan in files.items() if any(plan.takes_layers(tree.options.layers))]
    path = found.path
    changes = [choice.way.change for plan in files.values() for choice in plan.choices]
    members = frozenset(change.member for change in changes if isinstance(change, Ask))
    fills = [change.target for change in changes if isinstance(change, Fill) and change.target is not None]
    members |= {target.name for target in fills if target.module == tree.options.layers}
    members |= frozenset(name for plan in files.values() for name in needs(plan))
    return TreePlan(tree.index, files, wanted, path, members, tuple(sorted(users)))


def _changes(plans: Collection[FilePlan]) -> bool:
    """Whether anything in a tree becomes another text."""
    return any(choice.way.change is not None for plan in plans for choice in plan.choices)


def _told(tree: TreeFacts, moved: Moved) -> Iterator[Choice]:
    yield from (choice for file in tree.files.values() for choice in _told_of(file, tree, moved))


def _told_of(file: FileFacts, tree: TreeFacts, moved: Moved) -> Iterator[Choice]:
    """What is only said of a file."""
    yield from (_as_told(decision) for tell in TELLERS for decision in tell(file, tree, moved))


def _as_told(decision: Decision) -> Choice:
    way = decision.ways[0]
    return Choice(decision, way, way.level, way.why)


def _file_plan(
    file: FileFacts, choices: tuple[Choice, ...], wanted: Wanted, reached: frozenset[str], is_object: bool
) -> FilePlan:
    """The plan of one file, with its imports. `reached` names are there for other files.

    `is_object`: the module is handed around, so that its names are read where nobody sees it.
    """
    module, named = file.module, [choice for choice in choices if choice.decision.reference is not None]
    public, fixed = wanted.public, wanted.fixed
    if module.path.endswith("__init__.py"):
        public |= frozenset(module.scopes.module.bindings)
    changes = any(not choice.stays for choice in named)
    unused = [
        (name, meaning)
        for name, meaning in file.unused_imports
        if changes or name in public | reached or meaning in file.origins
    ]
    # A star elsewhere gives them there, used or not: they stay as long as it does.
    public |= {name for name, meaning in unused if name in reached and is_scattered(meaning, file.rules, file.options)}
    unused += restored_imports(file)
    groups = list(group_references(module, named, unused))
    asked = [choice for choice in choices if choice.target is not None and choice.decision.reference is None]
    handed = Lookups(file).handed() | (_callable(groups, file) if is_object else frozenset())
    covered = {g.name for g in groups if g.bindings and file.rebound.is_covered(g.name)}
    imports = plan_imports(
        module, groups, file.rules, file.options, public, fixed, file.origins, asked, handed, covered
    )
    open_groups = [group for group in groups if group.meaning.rpartition(".")[2] != file.options.layers]
    wanted = replace(wanted, public=public)
    told = tuple(map(_as_told, tell_handed(module, open_groups, file.rules, file.options, wanted)))
    imports = replace(imports, dropped=file.rebound.idle if changes else ())
    told += tuple(map(_as_told, tell_idle(module, imports.dropped)))
    by_choice = {id(choice): group for group in groups for choice in group.choices}
    return FilePlan(module, (*choices, *told), imports, by_choice)


def _wanted(plans: Collection[FilePlan], tree: TreeFacts) -> Iterator[tuple[str, Rule]]:
    """What the generated module has to offer: (name, rule)."""
    layers = tree.options.layers
    for plan in plans:
        for group in plan.imports.groups:
            rule = tree.rules.find(group.meaning, tree.options.source)
            if group.takes is not None and group.takes.module == layers and rule is not None:
                yield group.takes.name, rule
        for choice in plan.names:
            if choice.target is not None and choice.target.module == layers and choice.rule is not None:
                yield choice.target.name, choice.rule


def _reached(tree: TreeFacts) -> dict[str, frozenset[str]]:
    """For each module of the tree: the names that other files read from it as its attributes (`layers.Conv3d`)."""
    found: dict[str, set[str]] = {}
    references = (reference for file in tree.files.values() for reference in file.references if reference.through)
    for reference in references:
        for home, name in route(tree.index, reference):
            found.setdefault(home, set()).add(name)
    return {home: frozenset(names) for home, names in found.items()}


def _single(file: FileFacts, names: frozenset[str]) -> frozenset[str]:
    """Those of some names that are no modules of the framework, which nobody has to get from another file."""
    modules = file.rules.modules(file.options.source)
    return names - {name for name, meaning in file.unused_imports if meaning in modules}


def _callable(groups: Collection[Group], file: FileFacts) -> frozenset[str]:
    """Names that can stand for what takes every call as it is written."""
    return frozenset(g.name for g in groups if handed_value(g.meaning, file.rules, file.options) is not None)


def _held(index: TreeIndex, choices: Choices) -> dict[str, frozenset[str]]:
    """For each module of the tree: the names that some other file takes from it and goes on using as they were."""
    found: dict[str, set[str]] = {}
    for choice in choices:
        if choice.decision.reference is not None and choice.keeps_name:
            for home, name in route(index, choice.reference):
                found.setdefault(home, set()).add(name)
    return {home: frozenset(names) for home, names in found.items()}


def missing(tree: TreeFacts) -> Iterator[tuple[str, str]]:
    """Names of the source framework without a rule: (path, what is said of each)."""
    for choice in settle(list(decisions(tree)), Level.MANUAL):
        if choice.decision.reference is not None and choice.rule is None and choice.reason:
            yield choice.place.path, choice.reference.qualified
