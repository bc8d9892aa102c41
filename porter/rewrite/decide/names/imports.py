"""Import statements of a converted file: what takes the place of those that are no longer used, where they stood."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from types import MappingProxyType

from porter.rewrite.decide.change import Target, target_of
from porter.rewrite.decide.decision import Choice
from porter.rewrite.decide.names.groups import Group
from porter.rewrite.decide.names.handing import handed_module, handed_value, is_handed_on, is_open
from porter.rewrite.decide.places import existing
from porter.rewrite.decide.waiting.waits import Waits
from porter.rewrite.options import Options
from porter.rules.load import RuleBook
from porter.source.kinds import BUILTINS
from porter.source.names import SourceModule, is_fallback

SHORT = {"torch.nn.functional": "F"}
PREFIX = {"torch": "torch_", "mindspore": "ms_"}


@dataclass
class ImportPlan:
    """Groups of a file, and the local name under which each needed module is reached.

    `loose`: modules that no import of the framework makes room for; their imports stand at the file's top.
    `dropped`: star imports that go. `waits`: what takes the place of imports that wait.
    """

    groups: list[Group]
    aliases: dict[str, str]
    loose: tuple[str, ...] = ()
    dropped: tuple[ast.ImportFrom, ...] = ()
    waits: Waits | None = None

    def text(self, target: Target, group: Group | None) -> str:
        """What the file writes for a target, where it is reached through an import of the framework."""
        if group is not None and group.takes is not None:
            if group.takes.name == "" and group.takes.module == target.module:
                return f"{group.name}.{target.name}"
            if group.takes == target:
                return group.name
        return f"{self.aliases[target.module]}.{target.name}"


def plan_imports(
    module: SourceModule,
    groups: list[Group],
    rules: RuleBook,
    options: Options,
    exported: frozenset[str],
    fixed: Set[str] = frozenset(),
    origins: Mapping[str, str] = MappingProxyType({}),
    asked: Sequence[Choice] = (),
    looked_up: Set[str] = frozenset(),
    covered: Set[str] = frozenset(),
) -> ImportPlan:
    """Decide for every group whether its name stays, moves or goes, and where new imports stand.

    `exported` names are read by other files of the tree, or may be from outside, and must go on existing. `fixed`
    names keep their meaning: text that stays, here or in other files, leads to them. `origins` are the target
    framework's names for what a generated module offers. `asked` need a module, and are no names of the framework.
    `looked_up` names are found by their text, and may be called in any way. `covered` ones are bound again below,
    so uses of them cannot go by that name.
    """
    for group in groups:
        if group.meaning in origins and not group.choices:
            group.takes = target_of(origins[group.meaning])
            continue
        needed = any(c.target is not None and _is_module(group, c.target.module) for c in asked)
        group.kept = group.name in fixed or needed
        _fill_in(group, module, options, exported, rules)
        if group.name in covered and group.takes is not None and group.choices:
            group.takes, group.removed = None, True
        if group.name in looked_up and group.takes is not None and group.scope.kind == "module":
            group.takes = handed_value(group.meaning, rules, options)
    there = _There(module, groups, options.layers)
    aliases = _aliases(there, groups, asked)
    alone = _provide(there, groups, aliases)
    loose = tuple(_loose(there, groups, aliases, [*asked, *alone]))
    for group in groups:
        if not group.guarded:  # what the file's top gives is there already
            group.provides = [name for name in group.provides if name not in loose]
    return ImportPlan(groups, aliases, loose)


def _is_module(group: Group, module: str) -> bool:
    """Whether a name stands for a module; the generated one is known by its last name."""
    return group.meaning == module or ("." not in module and group.meaning.rpartition(".")[2] == module)


def _fill_in(group: Group, module: SourceModule, options: Options, exported: frozenset[str], rules: RuleBook) -> None:
    """Fill in `kept`, `takes` and `removed`."""
    at_top = group.scope.kind == "module"
    if not group.bindings or any(b.alias < 0 for b in group.bindings):
        group.kept = True
        return
    deleted = any(node.id == group.name for node, _ in module.scopes.deletions)
    mixed = any(not b.is_import and not is_fallback(b) for b in group.scope.bindings[group.name])
    named = rules.find(group.meaning, options.source) is not None
    is_module = group.meaning in rules.modules(options.source) and not named
    generated = group.meaning.rpartition(".")[2] == options.layers
    is_module = is_module or generated
    is_public = at_top and group.name in exported and not generated
    group.kept = group.kept or deleted or mixed or any(choice.keeps_name for choice in group.choices)
    if group.kept:
        return
    if is_public and not is_module and handed_value(group.meaning, rules, options) is None:
        group.kept = True
        return
    if is_module:
        takes = _module_taken(group, options) or (
            handed_module(group.meaning, rules, options) if is_public or not group.choices else None
        )
    else:
        # A name without a rule of its own (`mindspore.dtype`) is used for its attributes, which find their own way.
        takes = _name_taken(group, rules, options, is_public) if named else None
    if takes is None and (is_public or any(o.harmless for o in group.choices)):
        group.kept = True
        return
    group.takes = takes
    group.removed = takes is None
    if group.removed and not generated and (_is_tried(group) or is_handed_on(group, rules, options)):
        group.kept, group.removed = True, False


def _is_tried(group: Group) -> bool:
    return group.guarded and not any(choice.target for choice in group.choices)


def _module_taken(group: Group, options: Options) -> Target | None:
    """`nn` and a private alias such as `F` move with their uses; a framework's own name never does."""
    if not group.choices:
        return None
    modules = Counter(o.target.module for o in group.choices if o.target and o.target.module != options.layers)
    if not modules:
        return None
    module = modules.most_common(1)[0][0]
    source_name, target_name = group.meaning.rpartition(".")[2], module.rpartition(".")[2]
    # An alias that says which framework it is from, as those of an earlier run do, would lie about its new one.
    private = group.name not in (source_name, options.source) and not group.name.startswith(PREFIX[options.source])
    if "." in group.meaning and "." in module and (group.name == target_name or private):
        return Target(module, "")
    return None


def _name_taken(group: Group, rules: RuleBook, options: Options, public: bool) -> Target | None:
    """`from torch.nn import Conv3d` becomes an import of its counterpart, when all uses agree on it."""
    targets = {o.target for o in group.choices if o.target}
    if len(targets) == 1:
        target = targets.pop()
        return target if target.module != options.layers or not public else Target(options.layers, target.name)
    value = handed_value(group.meaning, rules, options)
    return value if not targets or (value in targets and is_open(group)) else None


class _There:
    """The imports of a file that stay, by what they import."""

    def __init__(self, module: SourceModule, groups: Iterable[Group], layers: str) -> None:
        self.module = module
        self.layers = layers
        self.gone = {group.name for group in groups if group.removed}

    def name(self, qualified: str) -> str | None:
        """The name that a module is imported under."""
        return existing(self.module, qualified, self.layers)

    def before(self, qualified: str, line: int) -> bool:
        """Whether a module is imported ahead of a line."""
        name = self.name(qualified)
        if name is None or name in self.gone:
            return False
        return getattr(self.module.scopes.module.bindings[name][0].node, "lineno", line) < line


def _aliases(there: _There, groups: list[Group], asked: Sequence[Choice]) -> dict[str, str]:
    """A local name for every module that converted names need, one that the file does not use for anything else."""
    needed = dict.fromkeys(choice.target.module for choice in asked if choice.target is not None)
    for group in groups:
        for choice in group.choices:
            target = choice.target
            if target is not None and not _taken(group, target):
                needed.setdefault(target.module)
    given: dict[str, str] = {}
    freed = {g.name for g in groups if g.removed and all(h.removed for h in groups if h.name == g.name)}
    for name in sorted(needed):
        found = there.name(name) or _moved(groups, name)
        given[name] = found or free_name(there.module, name, given.values(), freed)
    return given


def _moved(groups: Iterable[Group], qualified: str) -> str | None:
    """The name of a group that moves to a module as a whole, when it is there before anything else needs it."""
    needing = [o for g in groups for o in g.choices if o.target and o.target.module == qualified]
    for group in groups:
        at_top = group.takes == Target(qualified, "") and group.scope.kind == "module" and group.plain
        if at_top and all(o.reference.node.lineno > group.line for o in needing):
            return group.name
    return None


def _taken(group: Group, target: Target) -> bool:
    return group.takes is not None and group.takes in (target, Target(target.module, ""))


def free_name(module: SourceModule, qualified: str, given: Iterable[str], freed: Set[str]) -> str:
    """A local name for a module that the file uses for nothing else."""
    short = SHORT.get(qualified, qualified.rpartition(".")[2])
    prefix = PREFIX.get(qualified.partition(".")[0], "")
    taken = ((module.scopes.bound - freed) | BUILTINS | set(given)) - {""}
    candidates = [short, prefix + short, *(f"{prefix}{short}_{n}" for n in range(2, 100))]
    return next(name for name in candidates if name not in taken)


def _provide(there: _There, groups: list[Group], aliases: dict[str, str]) -> list[Choice]:
    """Say at which statements the new imports stand: at the first import of the scope that always runs, if any.

    Gives what no import comes before: names that are reached through other files of the tree.
    """
    alone: list[Choice] = []
    moved = {g.takes.module for g in groups if g.takes and g.takes.name == "" and aliases.get(g.takes.module) == g.name}
    top = next(
        (g for g in sorted(_imported(groups), key=lambda g: g.line) if g.plain and g.scope.kind == "module"), None
    )
    for group in groups:
        members = sorted((g for g in _imported(groups) if g.scope is group.scope), key=lambda g: g.line)
        first = next((g for g in members if g.plain), None) or top
        elsewhere = first is not None and not group.guarded and first.line <= group.line
        provider = first if first is not None and elsewhere else group
        present = provider.provides if group.guarded else (*provider.provides, *moved)
        for choice in group.choices:
            target = choice.target
            if target is None or _taken(group, target) or target.module in present:
                continue
            if there.before(target.module, choice.reference.node.lineno):
                continue
            if provider.bindings:
                provider.provides.append(target.module)
            else:
                alone.append(choice)
    return alone


def _loose(there: _There, groups: list[Group], aliases: Mapping[str, str], asked: Sequence[Choice]) -> Iterator[str]:
    """Let the first import of the framework make room for what is asked, or, where there is none before it, none."""
    plain = [group for group in _imported(groups) if group.plain and group.scope.kind == "module"]
    top = min(plain, key=lambda group: group.line, default=None)
    moved = {g.takes.module for g in plain if g.takes and g.takes.name == "" and aliases.get(g.takes.module) == g.name}
    for name in dict.fromkeys(choice.target.module for choice in asked if choice.target is not None):
        if there.name(name) not in (None, *there.gone) or name in moved or (top is not None and name in top.provides):
            continue
        first = min(
            choice.place.start for choice in asked if choice.target is not None and choice.target.module == name
        )
        if top is not None and top.line < there.module.text.position(first)[0]:
            top.provides.append(name)
        else:
            yield name


def _imported(groups: Iterable[Group]) -> list[Group]:
    """Groups that an import statement makes, unlike a name that is assigned a module."""
    return [g for g in groups if g.bindings]


def import_line(qualified: str, alias: str, layers: str) -> str:
    """The statement that makes a module reachable; `layers` is the path of the generated module (`.porter_layers`)."""
    if qualified in SHORT:
        return f"import {qualified} as {alias}"
    package, dot, name = (layers if qualified == layers.rpartition(".")[2] else qualified).rpartition(".")
    if dot and not package.strip("."):
        package += "."
    line = f"from {package} import {name}" if package else f"import {name}"
    return line if alias == name else f"{line} as {alias}"
