"""Import statements of a converted file: what takes the place of those that are no longer used, where they stood."""

from __future__ import annotations

import ast
import builtins
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field
from types import MappingProxyType

from porter.findings import Level
from porter.rewrite.outcomes import Outcome, Settings, Target, target_of
from porter.rules.load import RuleBook
from porter.source.names import SourceModule, is_fallback
from porter.source.scopes import Binding, Scope, parent

SHORT = {"torch.nn.functional": "F"}
PREFIX = {"torch": "torch_", "mindspore": "ms_"}
RESERVED = frozenset(dir(builtins))


@dataclass(eq=False)
class Group:
    """All imports that give one name in one scope its meaning, and what becomes of the uses of that name."""

    name: str
    scope: Scope
    meaning: str
    bindings: list[Binding]
    outcomes: list[Outcome] = field(default_factory=list)
    kept: bool = False
    takes: Target | None = None
    removed: bool = False
    provides: list[str] = field(default_factory=list)

    @property
    def statements(self) -> list[ast.stmt]:
        """The import statements, each once, in order."""
        nodes = {id(b.node): b.node for b in self.bindings if isinstance(b.node, (ast.Import, ast.ImportFrom))}
        return sorted(nodes.values(), key=lambda n: n.lineno)

    @property
    def line(self) -> int:
        """First line of the first statement."""
        return self.statements[0].lineno

    @property
    def plain(self) -> bool:
        """Whether the first statement always runs: directly in its scope's body."""
        return parent(self.statements[0]) is self.scope.node


@dataclass
class ImportPlan:
    """Groups of a file, and the local name under which each needed module is reached, by scope."""

    groups: list[Group]
    aliases: dict[str, str]

    def text(self, outcome: Outcome, group: Group) -> str:
        """What a converted name is written as."""
        target = outcome.target
        assert target is not None
        if group.takes is not None:
            if group.takes.name == "" and group.takes.module == target.module:
                return f"{group.name}.{target.name}"
            if group.takes == target:
                return group.name
        return f"{self.aliases[target.module]}.{target.name}"


def plan_imports(
    module: SourceModule,
    groups: list[Group],
    rules: RuleBook,
    settings: Settings,
    exported: frozenset[str],
    fixed: Set[str] = frozenset(),
    origins: Mapping[str, str] = MappingProxyType({}),
) -> ImportPlan:
    """Decide for every group whether its name stays, moves or goes, and where new imports stand.

    `exported` names are read by other files of the tree, or may be from outside, and must go on existing. `fixed`
    names keep their meaning: text that stays, here or in other files, leads to them. `origins` are the target
    framework's names for what a generated module offers.
    """
    for group in groups:
        if group.meaning in origins and not group.outcomes:
            group.takes = target_of(origins[group.meaning])
            continue
        group.kept = group.name in fixed
        _settle(group, module, settings, exported, rules)
    _leave_without_imports(module, groups)
    aliases = _aliases(module, groups)
    _provide(groups, aliases)
    return ImportPlan(groups, aliases)


def _leave_without_imports(module: SourceModule, groups: list[Group]) -> None:
    """Where no import of the framework shows a place for a new one, names that other files hand on stay.

    They mean the counterpart all the same, since they move in the file that imports them.
    """
    if any(g.plain for g in _imported(groups)):
        return
    for outcome in (o for group in groups if not group.bindings for o in group.outcomes):
        if outcome.target is not None and _existing(module, outcome.target.module) is None:
            outcome.target, outcome.plan, outcome.level, outcome.notes = None, None, Level.SAFE, []
            outcome.reason = "another file hands it on, and it moves there"


def _settle(group: Group, module: SourceModule, settings: Settings, exported: frozenset[str], rules: RuleBook) -> None:
    """Fill in `kept`, `takes` and `removed`."""
    at_top = group.scope.kind == "module"
    if not group.bindings or any(b.alias < 0 for b in group.bindings):
        group.kept = True
        return
    deleted = any(node.id == group.name for node, _ in module.scopes.deletions)
    mixed = any(not b.is_import and not is_fallback(b) for b in group.scope.bindings[group.name])
    named = rules.find(group.meaning, settings.source) is not None
    is_module = group.meaning in rules.modules(settings.source) and not named
    is_module = is_module or group.meaning.rpartition(".")[2] == settings.layers
    is_public = at_top and group.name in exported
    group.kept = group.kept or deleted or mixed or any(o.stays and not o.harmless for o in group.outcomes)
    if group.kept:
        return
    if is_public and not is_module and not _names_public_value(group, rules, settings):
        group.kept = True
        return
    if is_module:
        takes = _module_taken(group, settings) or (_module_handed_on(group, rules, settings) if is_public else None)
    else:
        # A name without a rule of its own (`mindspore.dtype`) is used for its attributes, which find their own way.
        takes = _name_taken(group, rules, settings, is_public) if named else None
    if takes is None and (is_public or any(o.harmless for o in group.outcomes)):
        group.kept = True
        return
    group.takes = takes
    group.removed = takes is None


def _module_taken(group: Group, settings: Settings) -> Target | None:
    """`nn` and a private alias such as `F` move with their uses; a framework's own name never does."""
    if not group.outcomes:
        return None
    modules = Counter(o.target.module for o in group.outcomes if o.target and o.target.module != settings.layers)
    if not modules:
        return None
    module = modules.most_common(1)[0][0]
    source_name, target_name = group.meaning.rpartition(".")[2], module.rpartition(".")[2]
    # An alias that says which framework it is from, as those of an earlier run do, would lie about its new one.
    private = group.name not in (source_name, settings.source) and not group.name.startswith(PREFIX[settings.source])
    if "." in group.meaning and "." in module and (group.name == target_name or private):
        return Target(module, "")
    return None


def _module_handed_on(group: Group, rules: RuleBook, settings: Settings) -> Target | None:
    """What a module becomes that other files import from here: the one where all counterparts of its names are."""
    if group.meaning.rpartition(".")[2] == settings.layers:
        return None
    inside = [r for name, r in rules.names(settings.source).items() if name.rpartition(".")[0] == group.meaning]
    homes = {str(rule.side(settings.to).name).rpartition(".")[0] for rule in inside if rule.side(settings.to).name}
    return Target(homes.pop(), "") if len(homes) == 1 and "." in group.meaning else None


def _name_taken(group: Group, rules: RuleBook, settings: Settings, public: bool) -> Target | None:
    """`from torch.nn import Conv3d` becomes an import of its counterpart, when all uses agree on it."""
    targets = {o.target for o in group.outcomes if o.target}
    if len(targets) == 1:
        target = targets.pop()
        return target if target.module != settings.layers or not public else Target(settings.layers, target.name)
    if targets:
        return None
    return _public_value(group, rules, settings)


def _public_value(group: Group, rules: RuleBook, settings: Settings) -> Target | None:
    """What a name that is only handed on becomes: a class that takes the calls which it is written for."""
    rule = rules.find(group.meaning, settings.source)
    if rule is None:
        return None
    name = rule.side(settings.to).name
    if name is not None and rule.interchangeable:
        module, _, last = name.rpartition(".")
        return Target(module, last)
    if name is None and not rule.layer.get(settings.to):
        return None
    return Target(settings.layers, group.meaning.rpartition(".")[2])


def _names_public_value(group: Group, rules: RuleBook, settings: Settings) -> bool:
    return _public_value(group, rules, settings) is not None


def _aliases(module: SourceModule, groups: list[Group]) -> dict[str, str]:
    """A local name for every module that converted names need, one that the file does not use for anything else."""
    needed: dict[str, None] = {}
    for group in groups:
        for outcome in group.outcomes:
            target = outcome.target
            if target is not None and not _taken(group, target):
                needed.setdefault(target.module)
    given: dict[str, str] = {}
    freed = {g.name for g in groups if g.removed and all(h.removed for h in groups if h.name == g.name)}
    for name in sorted(needed):
        existing = _existing(module, name) or _moved(groups, name)
        given[name] = existing or _free_name(module, name, given.values(), freed)
    return given


def _moved(groups: Iterable[Group], qualified: str) -> str | None:
    """The name of a group that moves to a module as a whole, when it is there before anything else needs it."""
    needing = [o for g in groups for o in g.outcomes if o.target and o.target.module == qualified]
    for group in groups:
        at_top = group.takes == Target(qualified, "") and group.scope.kind == "module" and group.plain
        if at_top and all(o.reference.node.lineno > group.line for o in needing):
            return group.name
    return None


def _taken(group: Group, target: Target) -> bool:
    return group.takes is not None and group.takes in (target, Target(target.module, ""))


def _existing(module: SourceModule, qualified: str) -> str | None:
    """A name that the file already imports a module under, at its top."""
    for name, bindings in module.scopes.module.bindings.items():
        if len(bindings) == 1 and bindings[0].target == qualified and parent(bindings[0].node) is module.tree:
            node = bindings[0].node
            bare = isinstance(node, ast.Import) and node.names[bindings[0].alias].asname is None
            if not (bare and "." in qualified):
                return name
    return None


def _free_name(module: SourceModule, qualified: str, given: Iterable[str], freed: set[str]) -> str:
    short = SHORT.get(qualified, qualified.rpartition(".")[2])
    prefix = PREFIX.get(qualified.partition(".")[0], "")
    taken = ((module.scopes.bound - freed) | RESERVED | set(given)) - {""}
    candidates = [short, prefix + short, *(f"{prefix}{short}_{n}" for n in range(2, 100))]
    return next(name for name in candidates if name not in taken)


def _provide(groups: list[Group], aliases: dict[str, str]) -> None:
    """Say at which statements the new imports stand: at the first import of the scope that always runs, if any."""
    moved = {g.takes.module for g in groups if g.takes and g.takes.name == "" and aliases.get(g.takes.module) == g.name}
    top = next(
        (g for g in sorted(_imported(groups), key=lambda g: g.line) if g.plain and g.scope.kind == "module"), None
    )
    for group in groups:
        members = sorted((g for g in _imported(groups) if g.scope is group.scope), key=lambda g: g.line)
        first = next((g for g in members if g.plain), None) or top
        provider = first if first is not None and (not group.bindings or first.line <= group.line) else group
        for outcome in group.outcomes:
            target = outcome.target
            if target and not _taken(group, target) and target.module not in (*provider.provides, *moved):
                provider.provides.append(target.module)


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


def group_references(
    module: SourceModule, outcomes: Iterable[Outcome], also: Iterable[tuple[str, str]]
) -> Iterator[Group]:
    """Collect the outcomes of a file by the import that they are reached through.

    `also` names module-level imports (name, meaning) of the source framework without any use.
    """
    groups: dict[tuple[int, str, bool], Group] = {}
    for outcome in outcomes:
        reference = outcome.reference
        key = (id(reference.binding_scope), reference.name, reference.through)
        if key not in groups:
            bindings = reference.binding_scope.bindings[reference.name]
            imports = [b for b in bindings if b.is_import and not reference.through]
            groups[key] = Group(reference.name, reference.binding_scope, reference.meaning, imports)
        groups[key].outcomes.append(outcome)
    scope = module.scopes.module
    for name, meaning in also:
        if (id(scope), name, False) not in groups:
            imports = [b for b in scope.bindings[name] if b.is_import]
            groups[(id(scope), name, False)] = Group(name, scope, meaning, imports)
    yield from groups.values()
