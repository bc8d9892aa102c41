"""Constants, such as a dtype: they need that what their value reaches is converted too."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace

from porter.codes import Code
from porter.findings import Kind
from porter.rewrite.decide.decision import CONVERTED, SILENT, Decision, Need, Reason
from porter.rewrite.decide.facts import FileFacts, Use, canonical_name
from porter.rewrite.decide.names.flows import AROUND, Flows
from porter.source.kinds import FUNCTIONS
from porter.source.scopes import ancestors, parent

DISPLAYS = (ast.Tuple, ast.List, ast.Set, ast.Dict)
REACHES = "it stays, since its value reaches "
LEAVES = Reason(Code.VALUE_LEAVES, "it stays, since its value leaves this file's sight")


class Constants:
    """The constants of one file, as they need what is around them and what their values reach."""

    def __init__(self, file: FileFacts, flows: Flows) -> None:
        self.file = file
        self.flows = flows

    def with_needs(self, use: Use, decision: Decision) -> Decision:
        """The decision about a name, with what its change needs where it is a constant."""
        needs = tuple(self._needs(use)) if _is_constant(use) else ()
        if not needs:
            return decision
        ways = [replace(w, needs=(*w.needs, *needs)) if w.form in CONVERTED else w for w in decision.ways]
        return replace(decision, ways=tuple(ways))

    def _needs(self, use: Use) -> Iterator[Need]:
        node = use.reference.node
        if not _is_direct(node):
            for other in self._beside(node):
                why = f"it stands in one table with {canonical_name(other)}, which stays"
                yield Need((self.file.place(other),), CONVERTED, Reason(Code.VALUE_REACHES, why))
        flow, around = self.flows.of(node, self.flows.reads.place(self.file.path)), _around(node)
        for reached in flow.reached:
            # What stays where the constant stands is told by itself.
            said = SILENT if reached.at is around else Reason(Code.VALUE_REACHES, f"{REACHES}{reached.what}")
            yield Need(reached.places, CONVERTED, said)
        if flow.is_open and _is_lasting(node):
            yield Need((), CONVERTED, LEAVES)  # of no place: it never holds

    def _beside(self, node: ast.expr) -> Iterator[Use]:
        """Names of the framework without a rule in the same table."""
        table: ast.AST = node
        for above in ancestors(node):
            if not isinstance(above, (*DISPLAYS, ast.Starred)):
                break
            table = above
        if not isinstance(table, DISPLAYS):
            return
        inside = {id(each) for each in ast.walk(table)}
        for use in self.file.uses:
            other = use.reference.node
            if use.rule is None and not use.again and id(other) in inside and isinstance(parent(other), DISPLAYS):
                yield use


def _is_constant(use: Use) -> bool:
    rule = use.rule if use.kind in (Kind.VALUE, Kind.COMPARISON) else None
    return rule is not None and not rule.is_class and rule.torch.signature is None


def _around(node: ast.expr) -> ast.AST | None:
    """The call or comparison that an expression is given to where it stands."""
    above = parent(node)
    while isinstance(above, AROUND):
        above = parent(above)
    return above


def _is_direct(node: ast.expr) -> bool:
    """Whether a constant is given to a call, or compared, where it stands."""
    above = parent(node)
    while isinstance(above, (*DISPLAYS, ast.keyword, ast.IfExp, ast.Starred)):
        above = parent(above)
    return isinstance(above, (ast.Call, ast.Compare))


def _is_lasting(node: ast.expr) -> bool:
    """Whether a module or a class holds a constant, for whoever asks."""
    return not any(isinstance(above, FUNCTIONS) for above in ancestors(node)) and not _is_direct(node)
