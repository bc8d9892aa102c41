"""Write the lines that stand for imports which wait, and turn those of an earlier run back into imports."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from porter.rewrite.decide.change import NameEdit
from porter.rewrite.decide.waiting.waits import Waits
from porter.rewrite.edit.places import place
from porter.source.names import SourceModule
from porter.source.waiting import waits


class Waiting:
    """The lines of one file, and the statement behind which they stand."""

    def __init__(self, module: SourceModule, plan: Waits | None, behind: ast.stmt | None) -> None:
        self.module = module
        self.plan = plan
        self.anchor = plan.anchor if plan is not None else None
        if plan is not None and behind is not None and behind.lineno > plan.anchor.lineno:
            self.anchor = behind
        self.lines = dict(plan.lines) if plan is not None else {}

    def place(self, node: ast.stmt, lines: list[str] | None) -> Iterator[NameEdit]:
        """The edits for one statement; None: it stays as it is."""
        comment = self._comment(node) if lines is not None else ""
        if comment:
            self._keep(node, comment)
        if node is self.anchor:
            lines = lines if lines is not None else [self.module.text.of(node)]
            lines = [*lines, *([""] if lines or self._follows(node) else []), *self.lines.values()]
        if comment:
            yield from self._without_comment(node, lines or [])
        else:
            yield from place(self.module, node, lines or [])

    def _follows(self, node: ast.stmt) -> bool:
        """Whether there is something on the line above a statement."""
        line = node.lineno - 1
        return line > 0 and bool(self.module.text.slice(*self.module.text.line_span(line)).strip())

    def behind(self, node: ast.stmt, lines: list[str]) -> Iterator[NameEdit]:
        """Lines behind a statement that stays, and those that wait where that is their place."""
        text, line = self.module.text, node.end_lineno or node.lineno
        last = text.line_span(line)[1]
        lines = [*lines, *(["", *self.lines.values()] if node is self.anchor else ())]
        yield NameEdit(last, last, "".join(text.line_end(line) + each for each in lines))

    def _comment(self, node: ast.stmt) -> str:
        """The comment behind an import that waits, alone on its line; it goes with what stands for the import."""
        text = self.module.text
        start, end = text.span(node)
        line = text.line_span(node.lineno)[0], text.line_span(node.end_lineno or node.lineno)[1]
        after = text.slice(end, line[1])
        is_alone = not text.slice(line[0], start).strip() and after.strip().startswith("#")
        return after if is_alone and self._local(node) else ""

    def _local(self, node: ast.stmt) -> str:
        """The line that stands for all that an import gives."""
        groups = self.plan.groups if self.plan is not None else ()
        names = {group.name for group in groups for binding in group.bindings if binding.node is node}
        return next((name for name in names if name in self.lines), "") if len(names) == 1 else ""

    def _keep(self, node: ast.stmt, comment: str) -> None:
        local = self._local(node)
        self.lines[local] += comment if "#" not in self.lines[local] else f"  {comment.strip()}"

    def _without_comment(self, node: ast.stmt, lines: list[str]) -> Iterator[NameEdit]:
        """Lines in the place of the whole line of a statement."""
        text, last = self.module.text, node.end_lineno or node.lineno
        start, end = text.line_span(node.lineno)[0], text.line_span(last)[1]
        newline = text.line_end(last)
        if not lines:
            end = min(len(text.data), end + len(newline.encode()))
        yield NameEdit(start, end, newline.join(lines))


def restored(module: SourceModule, framework: str) -> Iterator[NameEdit]:
    """Imports of a framework in place of the lines by which an earlier run let them wait."""
    found: dict[tuple[int, int], list[str]] = {}
    for node in module.tree.body:
        if waits(node) and isinstance(node, (ast.Import, ast.ImportFrom)):
            found.setdefault(module.text.span(node), []).extend(_statements(node, framework))
    for (start, end), lines in found.items():
        if lines:
            yield NameEdit(start - _room(module, start), end, module.text.newline.join(lines))


def _room(module: SourceModule, start: int) -> int:
    """How long the empty line is that a run has put between imports and the lines that stand for some."""
    line = module.text.position(start)[0]
    ends = [node.end_lineno for node in module.tree.body if isinstance(node, (ast.Import, ast.ImportFrom))]
    if line < 3 or line - 2 not in ends or module.text.slice(*module.text.line_span(line - 1)):
        return 0
    return len(module.text.line_end(line - 1).encode())


def _statements(node: ast.Import | ast.ImportFrom, framework: str) -> Iterator[str]:
    if isinstance(node, ast.ImportFrom):
        if (node.module or "").partition(".")[0] == framework:
            yield ast.unparse(node)
        return
    for alias in node.names:
        if alias.name.partition(".")[0] == framework:
            yield ast.unparse(ast.Import([alias]))
