"""Names that a program looks up by their text: modules that it imports so, and names of its own file."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import NamedTuple

from porter.codes import Code
from porter.findings import Level
from porter.rewrite.decide.decision import Decision, Reason
from porter.rewrite.decide.facts import FileFacts
from porter.rewrite.decide.names.handing import handed_value
from porter.rewrite.decide.telling import told
from porter.rewrite.decide.tree import TreeFacts
from porter.rules.model import TITLES
from porter.source.names import dotted_parts
from porter.source.scopes import Scope, parent
from porter.source.uses import IMPORTERS

FINDING = frozenset({"locate", "resolve_name"})
ASKING = frozenset({"find_spec", "find_loader", "find_module", "get_loader"})
NAMED = IMPORTERS | FINDING | ASKING
ABOUT = frozenset({"distribution", "files", "metadata", "requires", "version"})
METADATA = "importlib.metadata."
TABLES = frozenset({"globals", "locals", "vars"})
DOTTED_CLASS = re.compile(r"\.[A-Z]\w*$")  # a class in a string is told wherever that stands
TAKEN = frozenset({"get", "pop", "setdefault", "__getitem__"})


class _Looked(NamedTuple):
    """A look-up in a table of names: where it stands, and the text (None: made at run time)."""

    node: ast.expr
    text: str | None


class Remark(NamedTuple):
    """What there is to say, and of which expression."""

    node: ast.expr
    level: Level
    code: Code
    text: str


def decide(file: FileFacts, tree: TreeFacts) -> Iterator[Decision]:
    """A finding for each look-up by text, which no import leads to."""
    for node, level, code, text in Lookups(file).remarks():
        yield told(file.path, file.module.text.span(node)[0], level, "name as text", Reason(code, text))


class Lookups:
    """What there is to say about the look-ups of one file."""

    def __init__(self, file: FileFacts) -> None:
        self.module = file.module
        self.index = file.index
        self.rules = file.rules
        self.options = file.options

    def spelled(self) -> Iterator[tuple[str, str]]:
        """Names of the file that are looked up, and what they are imported as."""
        scope = self.module.scopes.module
        for looked in self._looked_up():
            if looked.text is not None and self._is_framework_name(looked.text):
                found = self.index.meaning(looked.text, scope)
                yield from [(looked.text, found[1])] if found is not None else []

    def kept(self) -> frozenset[str]:
        """Those that have to stay what they were: nothing takes all the calls that they may get."""
        return frozenset(name for name, meaning in self.spelled() if not self._handed(meaning))

    def handed(self) -> frozenset[str]:
        """Those that stand for a class which takes every call as it stands."""
        return frozenset(name for name, meaning in self.spelled() if self._handed(meaning))

    def _handed(self, meaning: str) -> bool:
        return handed_value(meaning, self.rules, self.options) is not None

    def remarks(self) -> Iterator[Remark]:
        """All of it; of what is named at run time, one remark a file and function."""
        told: set[str] = set()
        for call, scope in self.module.scopes.calls:
            name = self._name(call, scope)
            if name in NAMED or self._is_metadata(call, scope):
                for remark in self._by_name(call, name):
                    if remark.level is Level.MANUAL or name not in told:
                        yield remark
                    told.update([] if remark.level is Level.MANUAL else [name])
        for node, scope in self.module.scopes.attributes:
            if node.attr == "modules" and self._target(node, scope) == "sys.modules":
                yield from self._in_modules(node)
        yield from self._own_names()

    def _by_name(self, call: ast.Call, name: str) -> Iterator[Remark]:
        first = next(iter(call.args), None)
        if isinstance(first, ast.Constant) and isinstance(first.value, str):
            if self._is_source(first.value) and not (name in FINDING and DOTTED_CLASS.search(first.value)):
                yield Remark(call, Level.MANUAL, Code.TAKEN_BY_NAME, self._message(name, first.value))
        elif first is not None and name not in ASKING and not _is_own(call, first, self.options.source):
            theirs = TITLES[self.options.source]
            message = f"what {name} finds is named at run time: where that is {theirs}'s, it stays {theirs}'s"
            yield Remark(call, Level.MANUAL if name in FINDING else Level.REVIEW, Code.NAMED_AT_RUN_TIME, message)

    def _message(self, name: str, text: str) -> str:
        if name in IMPORTERS or name in FINDING:
            return f"{text} is taken by its name: it stays, and so does what is taken from it"
        return f"this asks for {text} by its name, whether or not what follows needs it now"

    def _name(self, call: ast.Call, scope: Scope) -> str:
        """What a called function is called where it comes from."""
        if isinstance(call.func, ast.Name) and call.func.id in self.module.scopes.named:
            return self._target(call.func, scope).rpartition(".")[2]
        return _last(call.func)

    def _is_metadata(self, call: ast.Call, scope: Scope) -> bool:
        return bool(call.args) and _last(call.func) in ABOUT and self._target(call.func, scope).startswith(METADATA)

    def _is_source(self, text: str) -> bool:
        root = text.partition(":")[0].partition(".")[0]
        return root == self.options.source and not self.index.shadows(self.module, root)

    def _target(self, node: ast.expr, scope: Scope) -> str:
        parts = dotted_parts(node)
        found = self.index.meaning(parts[0], scope) if parts else None
        return ".".join([found[1], *parts[1:]]) if parts and found else ""

    def _in_modules(self, node: ast.Attribute) -> Iterator[Remark]:
        """`sys.modules["torch"]`, `sys.modules.get("torch")`, `"torch" in sys.modules`."""
        above = parent(node)
        looked = _looked(node)
        text = looked.text if looked is not None else None
        if isinstance(above, ast.Compare) and isinstance(above.left, ast.Constant):
            text = str(above.left.value)
        if text is not None and self._is_source(text):
            yield Remark(node, Level.MANUAL, Code.TAKEN_BY_NAME, self._message("", text))

    def _own_names(self) -> Iterator[Remark]:
        """`globals()["Conv3d"]`, `getattr(sys.modules[__name__], "Conv3d")`."""
        open_told, kept = False, self.kept()
        for looked in self._looked_up():
            if looked.text is not None and looked.text in kept:
                message = f"{looked.text} is looked up by its text, so the name stays what it is"
                yield Remark(looked.node, Level.MANUAL, Code.OWN_NAME_BY_TEXT, message)
            elif looked.text is None and not open_told and any(map(self._is_framework_name, self._public())):
                open_told = True
                message = "names of this file are looked up by a text made at run time: some stand for others now"
                yield Remark(looked.node, Level.REVIEW, Code.OWN_NAME_BY_TEXT, message)

    def _public(self) -> Iterator[str]:
        return (name for name in self.module.scopes.module.bindings if name in self.module.scopes.named)

    def _is_framework_name(self, name: str) -> bool:
        """Whether a name of the file is imported from the framework and is no module of it."""
        found = self.index.meaning(name, self.module.scopes.module)
        return found is not None and self.rules.find(found[1], self.options.source) is not None

    def _looked_up(self) -> Iterator[_Looked]:
        for call, scope in self.module.scopes.calls:
            if not isinstance(call.func, ast.Name) or scope.lookup(call.func.id) is not None:
                continue
            if call.func.id in TABLES and not call.args:
                looked = _looked(call)
                if looked is not None:
                    yield looked
            elif call.func.id == "getattr" and len(call.args) > 1 and self._is_this_module(call.args[0], scope):
                yield _Looked(call, _text(call.args[1]))

    def _is_this_module(self, node: ast.expr, scope: Scope) -> bool:
        """`sys.modules[__name__]`"""
        own = isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Name) and node.slice.id == "__name__"
        return own and isinstance(node, ast.Subscript) and self._target(node.value, scope) == "sys.modules"


def _looked(table: ast.expr) -> _Looked | None:
    """`table["x"]` or `table.get("x")`; None for another use of a table."""
    above = parent(table)
    if isinstance(above, ast.Subscript) and above.value is table and isinstance(above.ctx, ast.Load):
        return _Looked(above, _text(above.slice))
    call = parent(above) if isinstance(above, ast.Attribute) and above.attr in TAKEN else None
    if isinstance(call, ast.Call) and call.func is above and call.args:
        return _Looked(call, _text(call.args[0]))
    return None


def _text(node: ast.expr) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def _last(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def _is_own(call: ast.Call, name: ast.expr, framework: str) -> bool:
    """Whether a made name is relative, or starts with another package's."""
    if len(call.args) > 1 or any(keyword.arg == "package" for keyword in call.keywords):
        return True
    while isinstance(name, ast.BinOp):
        name = name.left
    first = name.values[0] if isinstance(name, ast.JoinedStr) and name.values else name
    if isinstance(first, ast.Constant) and isinstance(first.value, str):
        return not first.value.startswith(f"{framework}.")
    return isinstance(first, ast.Name) and first.id in ("__name__", "__package__")
