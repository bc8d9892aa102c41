"""What an object is known to be an instance of: by how it was built, by a type test around it, or by its class."""

from __future__ import annotations

import ast
from collections.abc import Callable, Container, Iterable
from functools import cached_property

from porter.source.index import enclosing_class, is_self
from porter.source.names import SourceModule
from porter.source.scopes import COMPREHENSIONS, Scope, ancestors, parent

Resolve = Callable[[ast.expr], str | None]
LEAVES = (ast.Return, ast.Raise, ast.Continue, ast.Break)


class Receivers:
    """Qualified names of the classes that an expression is an instance of, for one file.

    `resolve` gives the qualified framework name of an expression that is one, else None. `given_back` are the
    identities of functions that give their argument back as it is.
    """

    def __init__(self, module: SourceModule, resolve: Resolve, given_back: Container[int] = frozenset()) -> None:
        self.module = module
        self.resolve = resolve
        self.given_back = given_back

    def types(self, node: ast.expr, scope: Scope) -> tuple[str, ...]:
        """Classes of the framework that `node` can be; empty when that is not known."""
        return tuple(dict.fromkeys(name for each in self.evidence(node, scope) if (name := self.resolve(each))))

    def evidence(self, node: ast.expr, scope: Scope) -> tuple[ast.expr, ...]:
        """Expressions of the framework's classes that `node` can be an instance of; empty when that is not known."""
        return self.tested(node, scope) or self.built(node, scope)

    def tested(self, node: ast.expr, scope: Scope) -> tuple[ast.expr, ...]:
        """Classes named by the `isinstance` test that guards `node`, if nothing was assigned to it in between."""
        wanted = ast.dump(node)
        current: ast.AST = node
        for above in ancestors(node):
            found = self._guard(above, current, wanted) or self._early_exit(above, current, wanted)
            if found:
                return () if _rebound(node, above, scope) else found
            if isinstance(above, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)):
                break
            current = above
        return ()

    def _guard(self, above: ast.AST, current: ast.AST, wanted: str) -> tuple[ast.expr, ...]:
        if isinstance(above, (ast.If, ast.While)) and current in above.body:
            return self._test(above.test, wanted)
        if isinstance(above, ast.IfExp) and current is above.body:
            return self._test(above.test, wanted)
        if isinstance(above, ast.BoolOp) and isinstance(above.op, ast.And) and current in above.values:
            before = above.values[: above.values.index(current)]
            return next((found for value in before if (found := self._test(value, wanted))), ())
        if isinstance(above, (ast.ListComp, ast.SetComp, ast.GeneratorExp, ast.DictComp)):
            tests = [test for generator in above.generators for test in generator.ifs]
            return next((found for test in tests if (found := self._test(test, wanted))), ())
        return ()

    def _early_exit(self, above: ast.AST, current: ast.AST, wanted: str) -> tuple[ast.expr, ...]:
        """`if not isinstance(m, X): return`, or `assert isinstance(m, X)`, before the statement."""
        body = next((b for b in _bodies(above) if current in b), None)
        if body is None or not isinstance(current, ast.stmt):
            return ()
        for statement in reversed(body[: body.index(current)]):
            if isinstance(statement, ast.Assert):
                found = self._test(statement.test, wanted)
            elif isinstance(statement, ast.If) and isinstance(statement.body[-1], LEAVES):
                found = self._denied(statement.test, wanted)
            else:
                found = ()
            if found:
                return found
        return ()

    def _denied(self, test: ast.expr, wanted: str) -> tuple[ast.expr, ...]:
        negated = isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not)
        return self._test(test.operand, wanted) if isinstance(test, ast.UnaryOp) and negated else ()

    def _test(self, test: ast.expr, wanted: str) -> tuple[ast.expr, ...]:
        if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And):
            return next((found for value in test.values if (found := self._test(value, wanted))), ())
        if not isinstance(test, ast.Call) or not isinstance(test.func, ast.Name) or test.func.id != "isinstance":
            return ()
        if len(test.args) != 2 or ast.dump(test.args[0]) != wanted:
            return ()
        operands = type_operands(test.args[1])
        return tuple(operands) if all(map(self.resolve, operands)) else ()

    def built(self, node: ast.expr, scope: Scope) -> tuple[ast.expr, ...]:
        """Classes whose constructors give `node` its value, that its annotation names, or that `self` derives from."""
        inside = enclosing_class(node) if is_self(node) else None
        if inside is not None:
            return tuple(base for base in inside.bases if self.resolve(base))
        makers = self.makers(node, scope)
        return tuple(makers) if all(map(self.resolve, makers)) else ()

    def makers(self, node: ast.expr, scope: Scope) -> list[ast.expr]:
        """Expressions of the classes that `node` is an instance of; empty when one of them is not known."""
        if isinstance(node, ast.Call):
            return [self._seen_through(node).func]
        if isinstance(node, ast.Attribute) and is_self(node.value):
            return self._called(self._attribute_values.get((enclosing_class(node), node.attr), ()))
        found = scope.lookup(node.id) if isinstance(node, ast.Name) else None
        if found is None or len(found[1]) != 1:
            return []
        binding = found[1][0].node
        if isinstance(binding, ast.arg):
            return [binding.annotation] if isinstance(binding.annotation, (ast.Name, ast.Attribute)) else []
        statement = parent(binding)
        return self._called([statement.value]) if isinstance(statement, ast.Assign) else []

    def _called(self, values: Iterable[ast.expr]) -> list[ast.expr]:
        """What is called to make each value; empty when one of them is no call."""
        makers = [self._seen_through(value).func for value in values if isinstance(value, ast.Call)]
        return makers if len(makers) == len(list(values)) else []

    def _seen_through(self, call: ast.Call) -> ast.Call:
        """The call in `porter_layers.fresh(Net())` that builds what it gives."""
        inner = call.args[0] if id(call.func) in self.given_back and len(call.args) == 1 else None
        return inner if isinstance(inner, ast.Call) else call

    def values(self, node: ast.Attribute) -> list[ast.expr]:
        """Everything but None that the class around `self.NAME` gives it; empty where some of that is not known."""
        values = self._attribute_values.get((enclosing_class(node), node.attr), []) if is_self(node.value) else []
        written = all(hasattr(value, "lineno") for value in values)
        return [v for v in values if not (isinstance(v, ast.Constant) and v.value is None)] if written else []

    @cached_property
    def _attribute_values(self) -> dict[tuple[ast.ClassDef | None, str], list[ast.expr]]:
        """Everything that is assigned to `self.NAME`, by class."""
        values: dict[tuple[ast.ClassDef | None, str], list[ast.expr]] = {}
        for target, _ in self.module.scopes.attributes:
            if isinstance(target.ctx, ast.Store) and is_self(target.value):
                value = getattr(parent(target), "value", None)
                known = (
                    value if isinstance(parent(target), (ast.Assign, ast.AnnAssign)) and value else ast.Constant(None)
                )
                values.setdefault((enclosing_class(target), target.attr), []).append(known)
        return values


def _rebound(node: ast.expr, since: ast.AST, scope: Scope) -> bool:
    """Whether a name gets another value between the start of a statement and its use."""
    found = scope.lookup(node.id) if isinstance(node, ast.Name) else None
    first = getattr(since, "lineno", 0)
    lines = [getattr(b.node, "lineno", 0) for b in found[1]] if found else []
    return not isinstance(since, COMPREHENSIONS) and any(first < line < node.lineno for line in lines)


def type_operands(node: ast.expr) -> list[ast.expr]:
    """The classes in a type test: one, a tuple, or `A | B`."""
    if isinstance(node, (ast.Tuple, ast.List)):
        return [operand for element in node.elts for operand in type_operands(element)]
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        return [*type_operands(node.left), *type_operands(node.right)]
    return [node]


def _bodies(node: ast.AST) -> list[list[ast.stmt]]:
    bodies = [getattr(node, name, None) for name in ("body", "orelse", "finalbody")]
    return [body for body in bodies if isinstance(body, list)]
