"""The last look at a converted file: it must be as healthy as it came in, or it is not written."""

from __future__ import annotations

import ast
import builtins
import warnings

from porter.source.scopes import Scopes, analyse

KNOWN = frozenset(dir(builtins)) | {"__file__", "__name__", "__doc__", "__path__", "__spec__", "__loader__", "__package__"}
KNOWN |= {"__class__", "__module__", "__qualname__", "__annotations__", "__builtins__", "WindowsError"}


def unbound(scopes: Scopes) -> set[str]:
    """Names that a file reads and nothing in it binds."""
    names = {node.id for node, scope in scopes.reads if node.id not in KNOWN and scope.lookup(node.id) is None}
    return names


def fault(before: bytes, scopes_before: Scopes, after: bytes) -> str | None:
    """What is wrong with a converted file (UTF-8 bytes), or None: compiles, no new undefined name, no comment lost."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(after)
            compile(tree, "<converted>", "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError) as error:
        return f"the result does not compile: {error}"
    if after.count(b"#") < before.count(b"#"):
        return "the result lost a comment"
    scopes = analyse(tree)
    if not scopes_before.stars:
        new = unbound(scopes) - unbound(scopes_before)
        if new:
            return f"the result leaves {', '.join(sorted(new))} undefined"
    return None
