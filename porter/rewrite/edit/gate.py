"""The last look at a converted file: it must be as healthy as it came in, or it is not written."""

from __future__ import annotations

import ast
import builtins
import dis
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from types import CodeType

from porter.source.analyse import analyse
from porter.source.scopes import Scopes
from porter.source.text import MARK, comments, compiled

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
STORES = tuple(bytes([dis.opmap[name]]) for name in ("STORE_NAME", "STORE_GLOBAL"))


def unbound(scopes: Scopes) -> set[str]:
    """Names that a file reads and nothing in it binds."""
    names = {node.id for node, scope in scopes.reads if node.id not in KNOWN and scope.lookup(node.id) is None}
    return names


@dataclass(frozen=True, slots=True)
class Written:
    """What edits put into a file, beside what they took out.

    `names`: names that they wrote, and those whose imports they took away: no other name can have changed its meaning.
    `hashes`: how many number signs the marks brought, which stand for no comment of the file.
    """

    names: frozenset[str] = frozenset()
    hashes: int = 0


def fault(before: bytes, scopes_before: Scopes, after: bytes, written: Written) -> str | None:
    """What is wrong with a converted file (UTF-8 bytes), or None: compiles, no new undefined name, no comment lost.

    Names are looked for in the compiled code first, since a full analysis costs as much as all the rest.
    """
    try:
        code = compiled(after)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return f"the result does not compile: {error}"
    if after.count(b"#") - written.hashes < before.count(b"#"):
        lost = _comments(before) - _comments(after)
        if lost:
            return f"the result lost a comment: {min(lost)}"
    if (scopes_before.closed or not scopes_before.stars) and _doubtful(code, written.names - scopes_before.let_in):
        new = unbound(analyse(ast.parse(after.decode()))) - unbound(scopes_before) - scopes_before.let_in
        if new:
            return f"the result leaves {', '.join(sorted(new))} undefined"
    return None


def _comments(data: bytes) -> Counter[str]:
    """Comments of a file without porter's marks. A number sign that is gone may have stood in a string."""
    return Counter(comment.partition(MARK)[0].rstrip() for comment in comments(data.decode("utf-8")))


def _doubtful(code: CodeType, touched: frozenset[str]) -> bool:
    """Whether some code looks up one of the names globally although the module itself does not bind it."""
    suspects = touched - KNOWN
    suspects = suspects - _stored(code) if suspects else suspects
    return bool(suspects) and any(not suspects.isdisjoint(inner.co_names) for inner in _all_code(code))


def _stored(code: CodeType) -> set[str]:
    """Names that a module's own code binds; its bytecode is read directly, since `dis` is as slow as a compiler."""
    instructions = code.co_code
    found: set[str] = set()
    for opcode in STORES:
        at = instructions.find(opcode)
        while at >= 0:
            if at % 2 == 0:
                found.add(code.co_names[_argument(instructions, at)])
            at = instructions.find(opcode, at + 1)
    return found


def _argument(instructions: bytes, at: int) -> int:
    """The argument of an instruction, with the higher bytes that stand before it."""
    argument, shift = instructions[at + 1], 8
    while at >= 2 and instructions[at - 2] == dis.EXTENDED_ARG:
        at -= 2
        argument |= instructions[at + 1] << shift
        shift += 8
    return argument


def _all_code(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _all_code(constant)
