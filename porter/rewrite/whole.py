"""Plan a whole tree: what one file decides may depend on the others (shared classes, re-exports, compared types)."""

from __future__ import annotations

from collections.abc import Callable, Set
from dataclasses import dataclass, field

from porter.rewrite.assemble import FilePlan, uses_layers
from porter.rewrite.classes import Hierarchy
from porter.rewrite.differs import differing
from porter.rewrite.imports import group_references, plan_imports
from porter.rewrite.kept import keep_with_what_stays
from porter.rewrite.methods import Methods
from porter.rewrite.outcomes import LAYERS, NameEdit, Outcome, Remark, Settings
from porter.rewrite.outsiders import outsiders
from porter.rewrite.place import Place, place
from porter.rewrite.plan import FilePlanner
from porter.rewrite.shared import shared_rules
from porter.rewrite.taken import taken
from porter.rewrite.tensors import augmented
from porter.rules.load import RuleBook
from porter.rules.model import Rule
from porter.source.handed import bind_stars, handed_on, route
from porter.source.index import TreeIndex

Progress = Callable[[int, int], None]


@dataclass
class TreePlan:
    """The plans of all files, and the generated module that they need."""

    index: TreeIndex
    files: dict[str, FilePlan]
    wanted: dict[str, Rule] = field(default_factory=dict)
    layers_path: str = f"{LAYERS}.py"
    layers_users: list[str] = field(default_factory=list)

    def layers_import(self, path: str) -> str:
        """How a file of the tree spells the generated module."""
        return Place(self.index, self.layers_path).spelled(path)


def plan_tree(
    index: TreeIndex,
    rules: RuleBook,
    settings: Settings,
    concerned: Set[str],
    generated: set[str],
    progress: Progress | None,
) -> TreePlan:
    """Decide about every file of a tree that the conversion concerns."""
    bind_stars(index)
    planners: dict[str, FilePlanner] = {}
    for count, path in enumerate(sorted(concerned), 1):
        planner = FilePlanner(index.modules[path], index, rules, settings, generated)
        scopes = planner.module.scopes
        if planner.references or scopes.classes or scopes.stars or planner.unused_imports():
            planners[path] = planner
        if progress is not None:
            progress(count, len(concerned))
    outcomes, hierarchy = _decided(planners, index, rules, settings, frozenset())
    shared = frozenset(shared_rules(planners, outcomes, hierarchy, rules))
    if shared:
        outcomes, hierarchy = _decided(planners, index, rules, settings, shared)
    plan = TreePlan(index, {})
    for found in outcomes.values():
        keep_with_what_stays(found)
    for path, planner in planners.items():
        plan.files[path] = _file_plan(planner, outcomes[path], hierarchy, settings)
    _finish(plan, planners, rules, settings, generated)
    return plan


def _decided(
    planners: dict[str, FilePlanner], index: TreeIndex, rules: RuleBook, settings: Settings, shared: frozenset[str]
) -> tuple[dict[str, list[Outcome]], Hierarchy]:
    """All decisions, given the rules whose generated class is used throughout."""
    outcomes: dict[str, list[Outcome]] = {}
    for path, planner in planners.items():
        planner.decider.shared = shared
        outcomes[path] = planner.outcomes()
    return outcomes, Hierarchy(index, outcomes, rules, settings)


def _file_plan(planner: FilePlanner, outcomes: list[Outcome], hierarchy: Hierarchy, settings: Settings) -> FilePlan:
    module = planner.module
    plan = FilePlan(module, outcomes)
    details = [
        *planner.details(),
        *Methods(module, planner.receivers, hierarchy).edits(),
        *augmented(module, hierarchy, settings),
        *outsiders(planner, hierarchy),
        *differing(planner, hierarchy),
        *taken(module, planner.receivers, hierarchy),
    ]
    plan.edits = [d for d in details if isinstance(d, NameEdit)]
    plan.remarks = [d for d in details if isinstance(d, Remark)]
    plan.fixed = frozenset(planner.strings.spelled)
    return plan


def _finish(
    plan: TreePlan, planners: dict[str, FilePlanner], rules: RuleBook, settings: Settings, generated: set[str]
) -> None:
    """Plan the imports, and place the generated module."""
    taken, held = handed_on(plan.index), _held(plan)
    for path, file in plan.files.items():
        module = file.module
        public = taken.get(module.dotted, frozenset()) | module.exported
        if path.endswith("__init__.py"):
            public |= frozenset(module.scopes.module.bindings)
        changes = any(not outcome.stays for outcome in file.outcomes)
        unused = [(n, q) for n, q in planners[path].unused_imports() if changes or n in public]
        groups = list(group_references(module, file.outcomes, unused))
        origins = planners[path].origins()
        file.fixed = file.fixed | held.get(module.dotted, frozenset())
        file.imports = plan_imports(module, groups, rules, settings, public, file.fixed, origins)
        file.groups = {id(o): group for group in groups for o in group.outcomes}
        for group in groups:
            if group.takes is not None and group.takes.module == settings.layers:
                rule = rules.find(group.meaning, settings.source)
                if rule is not None:
                    plan.wanted[group.takes.name] = rule
        for outcome in file.outcomes:
            if outcome.target is not None and outcome.target.module == settings.layers and outcome.rule is not None:
                plan.wanted[outcome.target.name] = outcome.rule
    users = [p for p, f in plan.files.items() if uses_layers(f, settings) or _takes_layers(f, settings)]
    plan.layers_users = sorted(users)
    plan.layers_path = place(plan.index, users, generated, f"{settings.layers}.py").path


def _held(plan: TreePlan) -> dict[str, set[str]]:
    """For each module of the tree: the names that some other file takes from it and goes on using as they were."""
    found: dict[str, set[str]] = {}
    for file in plan.files.values():
        for outcome in file.outcomes:
            if outcome.stays and not outcome.harmless:
                for home, name in route(plan.index, outcome.reference):
                    found.setdefault(home, set()).add(name)
    return found


def _takes_layers(file: FilePlan, settings: Settings) -> bool:
    groups = file.imports.groups if file.imports else []
    return any(g.takes is not None and g.takes.module == settings.layers for g in groups)
