"""Calls that a layer has and hardly anything else, by the shape of the call: `model.eval()`, `model.train(False)`."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping

from porter.rewrite.decide.facts import FileFacts
from porter.rewrite.decide.tree import TreeFacts
from porter.source.names import dotted_parts
from porter.source.scopes import Scope, parent
from porter.source.things import NUMBER, Function

MODES = frozenset({"mode", "training", "is_training", "was_training", "train", "is_train", "training_mode"})
"""What programs call the truth value that sets a layer's mode."""
LEARNERS = (
    *("train", "learn", "runner", "solver", "agent", "experiment", "engine", "task", "loop", "session", "job"),
    *("pipeline", "worker", "algo", "estimator", "policy", "booster", "tokenizer", "manager"),
)
"""Words in the names of objects whose `train()` runs the training."""
CASTS = ("half", "float", "double", "bfloat16")
DEVICES = ("cpu", "cuda", "npu", "mps", "xpu")
SETTINGS = frozenset({"arg", "args", "cfg", "config", "conf", "flags", "hparams", "opt", "options", "opts", "settings"})
"""What programs call an object that holds the settings of a run."""
COUNTED = frozenset({"len", "list", "tuple", "set", "dict", "sorted", "iter", "enumerate", "any", "all"})
"""Builtins that take a collection, and no method."""
GOES = (
    *(ast.Assign, ast.AnnAssign, ast.NamedExpr, ast.Return, ast.Yield, ast.keyword, ast.arguments),
    *(ast.List, ast.Tuple, ast.Set, ast.IfExp, ast.Lambda, ast.ListComp, ast.GeneratorExp, ast.Starred),
)
"""What an expression is given to: a name, a caller, a call, or a collection."""


class Switches:
    """Answers for one file."""

    def __init__(self, file: FileFacts, tree: TreeFacts) -> None:
        self.file = file
        self.tree = tree
        self.values = tree.values(file)
        self.shapes: Mapping[str, Callable[[ast.Call], bool]] = {
            "eval": _gives_layer,
            "train": self._sets_mode,
            "set_grad": self._sets_mode,
            "apply": self._goes_through,
            "cells": _is_bare,
            "to": self._moves,
            "to_float": lambda call: len(call.args) == 1,
            **dict.fromkeys(CASTS, _is_cast),
        }

    def is_one(self, node: ast.Attribute, scope: Scope) -> bool:
        """Whether a member that is called on something not known is called as a layer's is."""
        call = parent(node)
        if not isinstance(call, ast.Call) or call.func is not node or node.attr not in self.shapes:
            return False
        return self.shapes[node.attr](call) and self.may_be_layer(node.value, scope)

    def is_handed(self, node: ast.Attribute) -> bool:
        """Whether a method is read as a value that goes somewhere: `f = net.forward`, `map(net.forward, xs)`."""
        owner = dotted_parts(node.value)
        if not isinstance(node.ctx, ast.Load) or (owner is not None and owner[-1].lower() in SETTINGS):
            return False
        above = parent(node)
        if isinstance(above, ast.Call):
            return above.func is not node
        if isinstance(above, ast.Dict):
            return node in above.values
        return isinstance(above, GOES) and not (isinstance(above, ast.AnnAssign) and above.annotation is node)

    def is_run_later(self, node: ast.Attribute, scope: Scope) -> bool:
        """Whether a method gets a name by which it is called: `switch = net.train`, `switch(False)`."""
        above = parent(node)
        name = above.targets[0] if isinstance(above, ast.Assign) and len(above.targets) == 1 else None
        if not isinstance(name, ast.Name) or node.attr not in self.shapes:
            return False
        calls = [call for call, where in self.file.module.scopes.calls if where is scope]
        run = any(isinstance(call.func, ast.Name) and call.func.id == name.id for call in calls)
        return run and self.may_be_layer(node.value, scope)

    def may_be_layer(self, node: ast.expr, scope: Scope) -> bool:
        """Whether an object can be a layer that changes sides: it is not made by code from beyond the tree."""
        parts = dotted_parts(node)
        if parts is None:
            root = _root(node)
            return root is not None and not self._is_from_beyond(node, scope) and self.may_be_layer(root, scope)
        if parts[-1].lower() in SETTINGS:
            return False
        return not any(self._is_from_beyond(value, scope) for value in _given(parts[0], scope))

    def _is_from_beyond(self, value: ast.expr, scope: Scope) -> bool:
        """`Trainer(...)`, `library.load(...)`: what another library makes is that library's afterwards too."""
        root = _root(value) if isinstance(value, (ast.Call, ast.Subscript, ast.Attribute)) else None
        found = self.tree.index.meaning(root.id, scope) if root is not None else None
        if found is None:
            return False
        return found[1].partition(".")[0] not in ("torch", "mindspore") and not self.tree.index.in_tree(found[1])

    def _sets_mode(self, call: ast.Call) -> bool:
        """`net.train()`, `net.train(False)`, `net.train(mode=was_training)`; `model.train(data)` learns."""
        if _is_bare(call):
            owner = dotted_parts(call.func) or ["", ""]
            return not any(word in owner[-2].lower() for word in LEARNERS)
        if len(call.args) + len(call.keywords) != 1:
            return False
        if call.keywords:
            return call.keywords[0].arg == "mode"
        value = call.args[0]
        if isinstance(value, (ast.Compare, ast.BoolOp)) or (
            isinstance(value, ast.UnaryOp) and isinstance(value.op, ast.Not)
        ):
            return True
        if isinstance(value, ast.Constant):
            return isinstance(value.value, bool)
        named = getattr(value, "attr", getattr(value, "id", "")) in MODES
        return named or self.values.of(value).things == {NUMBER}

    def _moves(self, call: ast.Call) -> bool:
        """`net.to(device)`, whose result nobody needs: a tensor's `to` gives another tensor."""
        if not isinstance(parent(call), ast.Expr) or not _is_path(call.func):
            return False
        values = [*call.args[:1], *(keyword.value for keyword in call.keywords)]
        texts = [each.value for each in values if isinstance(each, ast.Constant)]
        words = [getattr(each, "attr", getattr(each, "id", "")) for each in values]
        named = any("device" in word or "dtype" in word for word in words)
        placed = any(isinstance(text, str) and text.partition(":")[0] in DEVICES for text in texts)
        return named or placed or any(id(each) in self.file.resolved for each in values)

    def _goes_through(self, call: ast.Call) -> bool:
        """`net.apply(init)`, whose result nobody needs: a table's `apply` gives another table."""
        if len(call.args) != 1 or call.keywords:
            return False
        value = call.args[0]
        runs = isinstance(value, (ast.Lambda, ast.Name, ast.Attribute, ast.Call))
        things = self.values.of(value).things
        runs = runs and (not things or any(isinstance(thing, Function) for thing in things))
        return runs and _is_path(call.func) and (isinstance(parent(call), ast.Expr) or self._speaks(things))

    def _speaks(self, things: frozenset[object]) -> bool:
        """Whether a function names the framework, as one that a layer applies does."""
        nodes = [each for thing in things if isinstance(thing, Function) for each in ast.walk(thing.node)]
        return any(id(each) in self.file.resolved for each in nodes)


def is_mapping(node: ast.Attribute) -> bool:
    """Whether a member is used as a mapping, or a collection, as no method is: `signature.parameters["x"]`."""
    above = parent(node)
    if isinstance(above, ast.Attribute):
        return not above.attr.startswith("__")
    if isinstance(above, ast.Subscript):
        return above.value is node
    if isinstance(above, (ast.For, ast.AsyncFor, ast.comprehension)):
        return above.iter is node
    if isinstance(above, ast.Compare):
        return node in above.comparators and isinstance(above.ops[-1], (ast.In, ast.NotIn))
    return isinstance(above, ast.Call) and node in above.args and getattr(above.func, "id", "") in COUNTED


def _is_bare(call: ast.Call) -> bool:
    return not call.args and not call.keywords


def _is_cast(call: ast.Call) -> bool:
    """`net.half()`, whose result nobody needs."""
    return _is_bare(call) and isinstance(parent(call), ast.Expr) and _is_path(call.func)


def _gives_layer(call: ast.Call) -> bool:
    """`net.eval()`, whose result may go on as the layer; nobody counts with one."""
    counts = (ast.BinOp, ast.UnaryOp, ast.BoolOp, ast.Compare, ast.FormattedValue, ast.AugAssign, ast.Subscript)
    return _is_bare(call) and not isinstance(parent(call), counts)


def _is_path(node: ast.expr) -> bool:
    return isinstance(node, ast.Attribute) and dotted_parts(node.value) is not None


def _root(node: ast.expr) -> ast.Name | None:
    """The name that a chain of members, elements and calls starts from: `nets` of `nets[0].to(device)`."""
    while isinstance(node, (ast.Call, ast.Subscript, ast.Attribute)):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node if isinstance(node, ast.Name) else None


def _given(name: str, scope: Scope) -> Iterator[ast.expr]:
    """The expressions that assignments and `with` statements give a name."""
    found = scope.lookup(name)
    for binding in found[1] if found is not None else ():
        statement = parent(binding.node)
        if isinstance(statement, (ast.Assign, ast.AnnAssign, ast.NamedExpr)) and statement.value is not None:
            yield statement.value
        elif isinstance(statement, ast.withitem):
            yield statement.context_expr
