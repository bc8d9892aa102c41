"""The last look at a converted file: it must be as healthy as it came in, or it is not written."""

from __future__ import annotations

import ast
import builtins
import dis
import warnings
from collections.abc import Iterator
from types import CodeType

from porter.source.scopes import Scopes, analyse

KNOWN = frozenset(dir(builtins)) | {
    "__file__",
    "__name__",
    "__doc__",
    "__path__",
    "__spec__",
    "__loader__",
    "__package__",
}
KNOWN |= {"__class__", "__module__", "__qualname__", "__annotations__", "__builtins__", "WindowsError"}


def unbound(scopes: Scopes) -> set[str]:
    """Names that a file reads and nothing in it binds."""
    names = {node.id for node, scope in scopes.reads if node.id not in KNOWN and scope.lookup(node.id) is None}
    return names


def fault(before: bytes, scopes_before: Scopes, after: bytes, touched: set[str]) -> str | None:
    """What is wrong with a converted file (UTF-8 bytes), or None: compiles, no new undefined name, no comment lost.

    `touched` are the names that edits wrote, and those whose imports they took away: no other name can have changed
    its meaning. They are looked for in the compiled code first, since a full analysis costs as much as all the rest.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            code = compile(after, "<converted>", "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError) as error:
        return f"the result does not compile: {error}"
    if after.count(b"#") < before.count(b"#"):
        return "the result lost a comment"
    if not scopes_before.stars and _doubtful(code, touched):
        new = unbound(analyse(ast.parse(after))) - unbound(scopes_before)
        if new:
            return f"the result leaves {', '.join(sorted(new))} undefined"
    return None


def _doubtful(code: CodeType, touched: set[str]) -> bool:
    """Whether some code looks up one of the names globally although the module itself does not bind it."""
    stored = {i.argval for i in dis.get_instructions(code) if i.opname in ("STORE_NAME", "STORE_GLOBAL")}
    suspects = touched - stored - KNOWN
    return bool(suspects) and any(not suspects.isdisjoint(inner.co_names) for inner in _all_code(code))


def _all_code(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _all_code(constant)
