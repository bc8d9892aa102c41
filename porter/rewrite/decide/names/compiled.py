"""Code that the source framework compiles from its text, or whose annotations it reads: it stays with what does so."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cached_property

from porter.rewrite.decide.decision import CONVERTED, SILENT, Decision, Form, Need, Place
from porter.rewrite.decide.facts import FileFacts, Use, canonical_name
from porter.rewrite.decide.names.reads import FileReads, TreeReads
from porter.source.kinds import DEFINITIONS
from porter.source.origins import longest_module
from porter.source.scopes import Scope, parent

COMPILERS = frozenset(
    {
        "torch.jit.script",
        "torch.jit.script_if_tracing",
        "torch.library.custom_op",
        "torch.library.infer_schema",
        "torch.library.triton_op",
    }
)
"""Functions that look at the text, or at the signature, of what they are given, when a module is imported."""
Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


class Compiled:
    """The functions and classes of a tree that are compiled, and those that they name."""

    def __init__(self, files: Mapping[str, FileFacts], reads: TreeReads) -> None:
        self.files = files
        self.reads = reads

    def bound(self, decision: Decision) -> Decision:
        """A decision; inside compiled code its changes need that what compiles it is converted."""
        place = decision.place
        found = [by for start, end, by in self._spans.get(place.path, ()) if start <= place.start and place.end <= end]
        if not found:
            return decision
        needs = tuple(Need((by,), CONVERTED, SILENT) for by in found)
        ways = [w if w.form in (Form.STAYS, Form.TOLD) else replace(w, needs=(*w.needs, *needs)) for w in decision.ways]
        return replace(decision, ways=tuple(ways))

    @cached_property
    def _spans(self) -> dict[str, list[tuple[int, int, Place]]]:
        """Where compiled code stands in each file, and what compiles it."""
        found: dict[str, list[tuple[int, int, Place]]] = {}
        for file in self.files.values():
            for use in file.uses:
                if use.rule is None and canonical_name(use) in COMPILERS:
                    for node, place in self._reached(use, file):
                        span = place.module.text.span(node)
                        found.setdefault(place.module.path, []).append((*span, file.place(use)))
        return found

    def _reached(self, use: Use, file: FileFacts) -> Iterator[tuple[Definition, FileReads]]:
        """What one name compiles, and all that is named in there, in any number of steps."""
        todo = [*self._given(use, self.reads.place(file.path))]
        met = {id(node) for node, _ in todo}
        while todo:
            node, place = todo.pop()
            yield node, place
            for name in ast.walk(node):
                for found in self._named(name, place) if isinstance(name, (ast.Name, ast.Attribute)) else ():
                    if id(found[0]) not in met:
                        met.add(id(found[0]))
                        todo.append(found)

    def _given(self, use: Use, place: FileReads) -> Iterator[tuple[Definition, FileReads]]:
        """`@script` above a definition, `script(f)`, `script(Net())`."""
        node = use.reference.node
        call = parent(node)
        above: ast.AST | None = node
        if isinstance(call, ast.Call) and call.func is node:
            above = call
            for argument in call.args:
                yield from self._named(argument.func if isinstance(argument, ast.Call) else argument, place)
        definition = parent(above) if above is not None else None
        if isinstance(definition, DEFINITIONS) and above in definition.decorator_list:
            yield definition, place

    def _named(self, node: ast.AST, place: FileReads) -> Iterator[tuple[Definition, FileReads]]:
        """The definition of the tree that an expression names."""
        scope = place.scope_at(node) if isinstance(node, ast.Name) else None
        found = scope.lookup(node.id) if scope is not None and isinstance(node, ast.Name) else None
        if found is not None and not any(binding.is_import for binding in found[1]):
            yield from _defined(found[0], found[1][0].name, place)
            return
        meaning = self.reads.meaning(node, place) if isinstance(node, ast.expr) else None
        module, rest = longest_module(meaning, self.reads.index.by_dotted) if meaning else (None, [])
        if module is not None and len(rest) == 1:
            yield from _defined(module.scopes.module, rest[0], self.reads.place(module.path))


def _defined(scope: Scope, name: str, place: FileReads) -> Iterator[tuple[Definition, FileReads]]:
    nodes = (binding.node for binding in scope.bindings.get(name, ()))
    yield from ((node, place) for node in nodes if isinstance(node, DEFINITIONS))
