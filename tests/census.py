"""Which members of objects, in layers' classes, a conversion knows the object of, and whether it heeds them.

    python -m tests.census PATH... [--to mindspore] [--list unknown|silent]

Counted are uses of members that the rules know to be another in the other framework: the tables of attributes, weights,
methods, `absent` and `differs` name them, so the census grows with the rules. Each use is one of four: the object is
known to be of a framework; known to be something else, or the member is one that the tree's own class sets or defines;
assumed to be one of the two; not known. Silent is a use that is neither edited nor told though it may be of a framework
that changes; none may be.
"""

from __future__ import annotations

import argparse
import ast
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from rich.console import Console
from rich.table import Table

from porter.rewrite.decide.calls.provenance import Provenance
from porter.rewrite.decide.classes.tree_class import TreeClass
from porter.rewrite.decide.decision import Choice, Decision, Form
from porter.rewrite.decide.facts import FileFacts
from porter.rewrite.decide.members.objects import Known, Objects
from porter.rewrite.decide.tree import TreeFacts
from porter.rewrite.decide.vocabulary import ASKED_METHODS
from porter.rewrite.options import Options
from porter.rewrite.tree import decisions, plan_tree, tree_facts
from porter.rules.load import RuleBook, load_rules
from porter.rules.model import Rule
from porter.source.generated import is_generated
from porter.source.index import TreeIndex, enclosing_class
from porter.source.scopes import parent
from porter.source.text import Unreadable, read_text
from porter.source.things import TreeClass as ClassThing
from porter.source.tree import Tree
from porter.source.uses import Uses
from porter.source.values import owners
from porter.source.walk import read_tree

Span = tuple[str, int, int]


class Sort(StrEnum):
    """What is known of the object of a member."""

    FRAMEWORK = "of a framework"
    OTHER = "something else"
    ASSUMED = "assumed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Member:
    """One use. `differs`: it is another in the other framework, for this object. `silent`: nothing is done or said."""

    path: str
    line: int
    text: str
    name: str
    sort: Sort
    differs: bool
    silent: bool


class Names:
    """The names of members that differ, by the rule that says so."""

    def __init__(self, rules: RuleBook, options: Options) -> None:
        self.options = options
        self.by_rule = {rule.name: self._of(rule) | self._members(rules, rule) for rule in rules.rules.values()}
        base = next((name for name, rule in rules.rules.items() if rule.methods), "")
        self.of_layers = self.by_rule.get(rules.rules[base].name, frozenset()) if base else frozenset()
        self.of_layers |= ASKED_METHODS[options.to]
        self.all = self.of_layers.union(*self.by_rule.values())
        self.telling = frozenset(name for name in self.all if name.startswith(TELLING))

    def _members(self, rules: RuleBook, rule: Rule) -> frozenset[str]:
        """Those that have rules of their own, by which they become something else."""
        members = rules.members(rule.name, self.options.source)
        return frozenset(name for name, member in members.items() if member.forms)

    def _of(self, rule: Rule) -> frozenset[str]:
        source, to = self.options.source, self.options.to
        methods = rule.methods if source == "torch" else dict.fromkeys(rule.methods.values())
        changes = rule.attribute_changes(source) if rule.is_class else {}
        changed = {name.rpartition(".")[2] for name, theirs in changes.items() if theirs != name}
        return frozenset(changed.union(methods, rule.absent.get(to, {}), rule.differs.get(to, {})))


TELLING = ("running_", "moving_", "named_", "num_batches_tracked", "_modules", "_parameters", "_cells", "_params")
"""How names begin that hardly anything else than a layer has."""


def facts_of(tree: Tree, rules: RuleBook, options: Options) -> TreeFacts:
    """The facts of a tree, as a conversion finds them."""
    texts = {}
    for path, raw in tree.files.items():
        try:
            text = read_text(raw)
            text.tree  # noqa: B018  what is no Python is passed over
            texts[path] = text
        except Unreadable:
            continue
    generated = {path for path in texts if is_generated(tree.files[path])}
    index = TreeIndex.build(tree.root.name or "tree", texts, frozenset(tree.files))
    concerned = Uses(index, options.source, options.to, ()).concerned
    return tree_facts(index, rules, options, concerned - generated, generated)


def census(facts: TreeFacts) -> Iterator[Member]:
    """Every use of a member that differs, in the classes of a tree that derive from a layer."""
    decided = list(decisions(facts))
    plans = plan_tree(facts, decided, (), {})
    choices = [choice for plan in plans.files.values() for choice in plan.choices]
    counted = _Census(facts, decided, choices)
    for file in facts.files.values():
        yield from counted.members(file)


class _Census:
    def __init__(self, facts: TreeFacts, decided: Collection[Decision], choices: Collection[Choice]) -> None:
        self.facts = facts
        self.names = Names(facts.rules, facts.options)
        self.heeded = {(d.place.path, d.place.start, d.place.end) for d in decided if d.ways[0].form is not Form.STAYS}
        self.heeded |= {(c.place.path, c.place.start, c.place.end) for c in choices if c.reason}
        self.grouped: dict[str, set[str]] = defaultdict(set)
        for choice in choices:
            if choice.reason:
                self.grouped[choice.place.path].add(choice.label)

    def members(self, file: FileFacts) -> Iterator[Member]:
        """Those of one file."""
        objects = Objects(file, self.facts)
        for node, _ in file.module.scopes.attributes:
            inside = enclosing_class(node)
            entry = self.facts.hierarchy.by_node.get(inside) if inside is not None else None
            derived = entry is not None and (
                entry in self.facts.hierarchy.derived or entry in self.facts.movers.earlier
            )
            if derived and node.attr in self.names.all and id(node) not in file.known:
                yield self._member(node, file, objects)

    def _member(self, node: ast.Attribute, file: FileFacts, objects: Objects) -> Member:
        known = objects.of(node.value)
        entry = self._class(node, file, objects)
        own = self._is_own(node.attr, known, entry, objects)
        sort = Sort.OTHER if own else self._sort(known, entry)
        same = own or Provenance(file, self.facts).has(node.attr, node.value)
        differs = not same and self._differs(node, known, entry)
        silent = differs and not self._is_heeded(node, file, known)
        return Member(file.path, node.lineno, ast.unparse(node), node.attr, sort, differs, silent)

    def _class(self, node: ast.Attribute, file: FileFacts, objects: Objects) -> TreeClass | None:
        """The class of the tree that is named before a member: `Net.forward`, `cls.build`."""
        things = objects.values.of(node.value).things
        one = next(iter(things)) if len(things) == 1 else None
        return self.facts.hierarchy.by_node.get(one.node) if isinstance(one, ClassThing) else None

    def _is_own(self, name: str, known: Known, entry: TreeClass | None, objects: Objects) -> bool:
        """Whether the tree itself gives an object this member, in the class or from outside."""
        entries = (*known.entries, *([entry] if entry is not None else ()))
        if not entries or known.other:
            return False
        return all(
            name in self.facts.hierarchy.methods[each]
            or objects.values.lineage.defined(each.node, name) is not None
            or any(True for _ in owners.stores_of(objects.values, each.node, name))
            for each in entries
        )

    def _sort(self, known: Known, entry: TreeClass | None) -> Sort:
        if known.unknown:
            return Sort.UNKNOWN
        if known.assumed:
            return Sort.ASSUMED
        return Sort.FRAMEWORK if known.kinds or entry in self.facts.hierarchy.derived else Sort.OTHER

    def _differs(self, node: ast.Attribute, known: Known, entry: TreeClass | None) -> bool:
        """Whether a member means something else on the other side, for what its object is known to be."""
        if known.unknown:
            return node.attr in self.names.telling
        entries = (*known.entries, *([entry] if entry is not None else ()))
        rules = {kind.rule.name for kind in known.kinds}
        found = any(node.attr in self.names.by_rule[name] and self._concerned(node, name) for name in rules)
        moving = not entries or any(self.facts.movers.may_move(each) for each in entries)
        layers = any(name.startswith("nn.") for name in rules)
        return moving and (found or (layers and node.attr in self.names.of_layers))

    def _concerned(self, node: ast.Attribute, rule: str) -> bool:
        """Whether a difference of a method is one of this call."""
        found = next(r for r in self.facts.rules.rules.values() if r.name == rule)
        difference = found.differs.get(self.facts.options.to, {}).get(node.attr)
        call = parent(node)
        if difference is None:
            return True
        unused = isinstance(parent(call), ast.Expr) if call is not None else False
        called = isinstance(call, ast.Call) and call.func is node and difference.concerns(call)
        return called and (difference.in_place or not unused)

    def _is_heeded(self, node: ast.Attribute, file: FileFacts, known: Known) -> bool:
        """Whether something is done, or said, of this place; or of the first one of a file that it stands for."""
        text, above = file.module.text, parent(node)
        _, end = text.span(node)
        start = end - len(node.attr.encode())
        around = [
            each for each in (node, node.value, above, parent(above) if above else None) if hasattr(each, "lineno")
        ]
        spans = [text.span(each) for each in around if isinstance(each, (ast.expr, ast.stmt))]
        near = {(start, end), (start, start), *spans, *((first, first) for first, _ in spans)}
        if any((file.path, *span) in self.heeded for span in near):
            return True
        labels = {f"{kind.rule.name}.{node.attr}" for kind in known.kinds}
        return not labels.isdisjoint(self.grouped[file.path])


def row(path: Path, found: Collection[Member]) -> list[str]:
    """One tree: uses of each sort, the share of what is known or assumed, and how many are silent."""
    counts = Counter(member.sort for member in found)
    told = sum(count for sort, count in counts.items() if sort is not Sort.UNKNOWN)
    share = f"{100 * told / len(found):.0f} %" if found else "-"
    return [path.name, str(len(found)), *(str(counts[s]) for s in Sort), share, str(sum(m.silent for m in found))]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", nargs="+", type=Path)
    parser.add_argument("--to", choices=["mindspore", "torch"], default="mindspore")
    parser.add_argument("--list", choices=["unknown", "silent"], help="print the places, the most frequent names first")
    given = parser.parse_args()
    table = Table("tree", "uses", *Sort, "known or assumed", "silent")
    console, rules = Console(), load_rules()
    for path in given.paths:
        found = list(census(facts_of(read_tree(path), rules, Options(given.to))))
        table.add_row(*row(path, found))
        for member in listed(found, given.list or ""):
            console.print(
                f"{member.path}:{member.line}: {member.sort} {member.text}", markup=False, emoji=False, soft_wrap=True
            )
    console.print(table)


def listed(found: Collection[Member], what: str) -> list[Member]:
    """The members that were asked for, the most frequent names first."""
    some = [m for m in found if (what == "silent" and m.silent) or (what == "unknown" and m.sort is Sort.UNKNOWN)]
    counts = Counter(member.name for member in some)
    return sorted(some, key=lambda m: (-counts[m.name], m.name, m.path, m.line))


if __name__ == "__main__":
    main()
