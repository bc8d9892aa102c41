"""Whether an object that a call may write over is read after the call, by its own name or by another one."""

from __future__ import annotations

import ast
from itertools import pairwise

from porter.source.kinds import LOOPS
from porter.source.scopes import ancestors, parent
from porter.source.values import Values

HARMLESS = frozenset({"shape", "size", "ndim", "dim", "dtype", "device", "numel", "is_cuda", "requires_grad"})
"""What of a tensor does not depend on its numbers."""
VIEWS = frozenset({"view", "reshape", "transpose", "permute", "squeeze", "unsqueeze", "flatten", "T", "data", "detach"})


def is_read_again(argument: ast.expr, call: ast.Call, values: Values) -> bool:
    """Whether anything that the text shows reads the object of an argument again."""
    name = root_of(argument)
    if name is None:
        return False
    found = values.scope(name).lookup(name.id)
    if found is None or found[0].kind not in ("function", "module"):
        return False
    home = found[0]
    bindings = values.flow.reaching(name, home)
    if values.holders(name).kind == "shared":
        return True
    replaced = _takes_name(call, name.id)
    loops = [above for above in ancestors(call) if isinstance(above, LOOPS)]
    comes_round = any(loop not in [*ancestors(binding.node)] for loop in loops for binding in bindings)
    for read in values.reads_of(home, name.id):
        if not _is_after(read, call, replaced, comes_round) or _is_harmless(read):
            continue
        if any(binding in bindings for binding in values.flow.reaching(read, home)):
            return True
    return False


def root_of(node: ast.expr) -> ast.Name | None:
    """The name of a tensor, or of the one that an expression is a view of."""
    if isinstance(node, ast.Name):
        return node if isinstance(node.ctx, ast.Load) else None
    if isinstance(node, ast.Subscript):
        return root_of(node.value)
    if isinstance(node, ast.Attribute):
        return root_of(node.value) if node.attr in VIEWS else None
    return root_of(node.func) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) else None


def _takes_name(call: ast.Call, name: str) -> bool:
    """`y = self.act(y)`: what is read under that name afterwards is the result."""
    statement = next((above for above in ancestors(call) if isinstance(above, ast.stmt)), None)
    targets = statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
    return any(isinstance(target, ast.Name) and target.id == name for target in targets)


def _is_after(read: ast.Name, call: ast.Call, replaced: bool, comes_round: bool) -> bool:
    """By the order of the text, in the same statement, or since a loop comes round; what the call takes only for that.

    `replaced`: the statement gives the name to something else, so that only itself can read the object by it.
    `comes_round`: a loop makes the call again, for the same object.
    """
    if any(above is call for above in ancestors(read)):
        return not replaced and comes_round
    statement = next((above for above in ancestors(call) if isinstance(above, ast.stmt)), None)
    if any(above is statement for above in ancestors(read)):
        return not _is_block(statement)
    if replaced:
        return False
    if (read.lineno, read.col_offset) > (call.end_lineno or call.lineno, call.end_col_offset or 0):
        return not _excluded(read, call)
    around = [above for above in ancestors(call) if isinstance(above, LOOPS)]
    return any(above in around for above in ancestors(read))


def _excluded(read: ast.AST, call: ast.AST) -> bool:
    """Whether the two stand in blocks of which only one runs: `if a: f(x)`, `else: g(x)`."""
    around = {id(above): below for below, above in _steps(call)}
    for below, above in _steps(read):
        other = around.get(id(above))
        if other is not None:
            return isinstance(above, ast.If) and _arm(above, below) * _arm(above, other) < 0
    return False


def _steps(node: ast.AST) -> list[tuple[ast.AST, ast.AST]]:
    return list(pairwise([node, *ancestors(node)]))


def _arm(above: ast.If, below: ast.AST) -> int:
    return 1 if below in above.body else -1 if below in above.orelse else 0


def _is_block(statement: ast.AST | None) -> bool:
    return isinstance(statement, (*LOOPS, ast.If, ast.With, ast.AsyncWith, ast.Try))


def _is_harmless(read: ast.Name) -> bool:
    """`x.shape`, `x.size(0)`, `x is None`: its numbers do not matter."""
    above = parent(read)
    if isinstance(above, ast.Compare):
        return all(isinstance(sign, (ast.Is, ast.IsNot)) for sign in above.ops)
    return isinstance(above, ast.Attribute) and above.attr in HARMLESS
