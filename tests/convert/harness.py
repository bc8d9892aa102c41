"""Finds the fixtures, converts them, and knows the text form of what is expected.

A case lies where it belongs: below `fixtures/rules`, in the folder of the rule that it is about, or below
`fixtures/forms`, in that of the form of program; there in `to_mindspore` or `to_torch`. It is `NAME.in.py`, with
`NAME.out.py` (the expected text; absent in a folder `unchanged/`, where the expected text is the input) and, where
something is expected beside the text or set, `NAME.txt`, a line for each:

    option: platform=any                 options of the run (to, platform, level, mark, whole), before all else
    roundtrip: differs, WHY              the way there and back does not give the first text, and why that is right
    line:column: level rule: message     a finding, in the order of the file
    layers: InstanceNorm3d, ReLU         what the generated porter_layers.py defines

A case of `unchanged/` is converted without marks, since a mark is a change.
"""

from __future__ import annotations

import ast
import functools
import io
import re
import tokenize
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pyflakes.checker import Checker  # type: ignore[import-untyped]
from pyflakes.messages import UndefinedExport, UndefinedName  # type: ignore[import-untyped]

from porter.convert import Options, TextResult, convert_text
from porter.findings import Finding, Level
from porter.rules.load import RuleBook, load_rules

FIXTURES = Path(__file__).parents[2] / "fixtures"
GROUPS = ("rules", "forms")  # cases by what they are about
NOT_PYTHON = re.compile(r"(not Python) \d\.\d+: .*")  # what is wrong is said differently by each Python
MARK = re.compile(r"(?:  )?# porter: .*")


@functools.cache
def rules() -> RuleBook:
    """The shipped rules, read once."""
    return load_rules()


@dataclass(frozen=True)
class Notes:
    """What the .txt file beside a fixture says."""

    options: tuple[tuple[str, str], ...] = ()
    roundtrip: str = ""
    expected: tuple[str, ...] = ()

    @classmethod
    def read(cls, path: Path) -> Notes:
        """The notes in `path`; none when it does not exist."""
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        options = [tuple(line.removeprefix("option: ").split("=", 1)) for line in lines if line.startswith("option: ")]
        trips = [line.removeprefix("roundtrip: ") for line in lines if line.startswith("roundtrip: ")]
        rest = tuple(line for line in lines if not line.startswith(("option: ", "roundtrip: ")))
        return cls(tuple((name, value) for name, value in options), "".join(trips), rest)

    def write(self, path: Path, expected: list[str]) -> None:
        """Write `expected` below the options, which only a person changes; no file where there is nothing to say."""
        head = [f"option: {name}={value}" for name, value in self.options]
        head += [f"roundtrip: {self.roundtrip}"] if self.roundtrip else []
        text = "".join(f"{line}\n" for line in [*head, *expected])
        if text:
            path.write_text(text, encoding="utf-8")
        else:
            path.unlink(missing_ok=True)

    def settings(self, to: str, mark: bool = True) -> Options:
        """The options of the run: `to` and `mark` unless the notes say otherwise."""
        given = dict(self.options)
        return Options(
            to=given.get("to", to),  # type: ignore[arg-type]
            platform=given.get("platform", "gpu"),
            level=Level(given.get("level", "review")),
            mark=mark and given.get("mark", "yes") == "yes",
            whole=given.get("whole", "site"),  # type: ignore[arg-type]
        )


@dataclass(frozen=True)
class Case:
    """One single-file fixture."""

    path: Path

    @property
    def to(self) -> str:
        """The framework that the case is converted to."""
        folder = self.path.parent.parent if self.unchanged else self.path.parent
        return folder.name.removeprefix("to_")

    @property
    def unchanged(self) -> bool:
        """Whether the text must stay as it is."""
        return self.path.parent.name == "unchanged"

    @property
    def name(self) -> str:
        """Path below fixtures, without the ending."""
        return self.path.relative_to(FIXTURES).as_posix().removesuffix(".in.py")

    @property
    def before(self) -> str:
        """The text to convert."""
        return self.path.read_text(encoding="utf-8")

    @property
    def expected(self) -> Path:
        """The file with the expected text."""
        return self.path if self.unchanged else beside(self.path, ".out.py")

    @property
    def notes(self) -> Path:
        """The file with the expected findings."""
        return beside(self.path, ".txt")

    @property
    def options(self) -> Options:
        """The options of the run."""
        return Notes.read(self.notes).settings(self.to, mark=not self.unchanged)

    def convert(self) -> TextResult:
        """The result of the run; a case is converted once."""
        return _convert(self)


@functools.cache
def _convert(case: Case) -> TextResult:
    return convert_text(case.before, rules(), case.options, path=case.path.name)


def beside(path: Path, ending: str) -> Path:
    """`NAME.in.py` -> `NAME` + ending, in the same folder."""
    return path.with_name(path.name.removesuffix(".in.py") + ending)


def cases(pattern: str = "**/*.in.py") -> list[Case]:
    """Every single-file fixture."""
    return [Case(path) for group in GROUPS for path in sorted((FIXTURES / group).glob(pattern))]


def line_of(finding: Finding, with_path: bool = False) -> str:
    """A finding as the notes write it."""
    head = f"{finding.path}:" if with_path else ""
    message = NOT_PYTHON.sub(r"\1", finding.message)
    return f"{head}{finding.line}:{finding.column}: {finding.level} {finding.rule}: {message}"


def layer_names(text: str | None) -> list[str]:
    """What a generated module says that it offers."""
    values = [n.value for n in ast.parse(text or "").body if isinstance(n, ast.Assign) and "__all__" in ast.unparse(n)]
    return [str(name) for value in values for name in ast.literal_eval(value)]


def notes_of(result: TextResult) -> list[str]:
    """What the notes of a case expect."""
    names = layer_names(result.layers)
    return [*map(line_of, result.findings), *([f"layers: {', '.join(names)}"] if names else [])]


def comments(text: str) -> list[str]:
    """The comments of a program in their order; porter's marks and type comments (which are code) left out."""
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    found = [MARK.sub("", token.string).rstrip() for token in tokens if token.type == tokenize.COMMENT]
    return [comment for comment in found if comment and not comment.startswith("# type:")]


def docstrings(text: str) -> list[str]:
    """The docstrings of a program, wherever they stand."""
    kinds = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
    found = [ast.get_docstring(node, clean=False) for node in ast.walk(ast.parse(text)) if isinstance(node, kinds)]
    return [docstring for docstring in found if docstring is not None]


def undefined_names(text: str) -> Counter[str]:
    """Names that pyflakes finds undefined, with how often."""
    messages = Checker(ast.parse(text)).messages
    return Counter(str(m.message_args[0]) for m in messages if isinstance(m, UndefinedName | UndefinedExport))


def without_marks(text: str) -> list[str]:
    """The lines of a program without porter's marks."""
    return [MARK.sub("", line).rstrip("\n") for line in text.split("\n")]


def as_built(text: str) -> str:
    """A program without the calls of the generated module that only set the mode of what is built."""
    calls = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call)]
    fresh = next((call for call in calls if ast.unparse(call.func).endswith("porter_layers.fresh")), None)
    if fresh is None:
        return text
    lines = text.encode().splitlines(keepends=True)
    starts = [sum(map(len, lines[:number])) for number in range(len(lines))]
    inner = fresh.args[0]
    at = [
        starts[line - 1] + column
        for line, column in (
            (fresh.lineno, fresh.col_offset),
            (inner.lineno, inner.col_offset),
            (inner.end_lineno or 0, inner.end_col_offset or 0),
            (fresh.end_lineno or 0, fresh.end_col_offset or 0),
        )
    ]
    data = text.encode()
    return as_built((data[: at[0]] + data[at[1] : at[2]] + data[at[3] :]).decode())


def renamed_words() -> set[str]:
    """Names of methods, attributes and call arguments that some rule renames."""
    words: set[str] = set()
    for rule in rules().rules.values():
        for pairs in (rule.methods, rule.weights, rule.forward, rule.attributes):
            words |= {part for pair in pairs.items() for name in pair for part in name.split(".")}
    return words


def in_place_statement(node: ast.Expr) -> bool:
    """Whether it is `x.add_(y)` alone on its line, which may become `x = x.add(y)`."""
    call = node.value
    return isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr.endswith("_")


def touched_lines(text: str, result: TextResult) -> set[int]:
    """1-based lines that an edit may stand on: sites, import statements, `x += y`, and the names that rules rename."""
    lines: set[int] = set()
    for site in result.sites:
        lines.update(range(site.line, site.line + site.before.count("\n") + 1))
    words = renamed_words()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import | ast.ImportFrom | ast.AugAssign) or (
            isinstance(node, ast.Expr) and in_place_statement(node)
        ):
            lines.update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
        elif isinstance(node, ast.Attribute) and node.attr in words:
            lines.add(node.end_lineno or node.lineno)
        elif (isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name in words) or (
            isinstance(node, ast.keyword) and node.arg in words
        ):
            lines.add(node.lineno)
    return lines


def untouched(text: str, result: TextResult) -> Iterator[str]:
    """The lines that no site and no import stands on."""
    touched = touched_lines(text, result)
    return (line for number, line in enumerate(without_marks(text), 1) if number not in touched)
