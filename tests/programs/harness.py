"""Programs that are run before and after their conversion, each a folder of fixtures/programs/to_SIDE.

`main.py` has a function `run`. Its parameters are tensors, whose values their names decide, but for these: `net` is
what the module's `build()` gives, with parameters that their names decide; `fill`, `train` and `evaluate` do to a net
what they say, and `grad(function, x)` differentiates. What it returns must be the same on both sides, and so must be
names, sizes and trainability of the parameters of `net`. `expect.txt` says what is expected, one `key: value` a line.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from porter.convert import Conversion, Options, convert_tree
from porter.findings import Level
from porter.source.walk import read_tree
from tests.convert.harness import FIXTURES, MARK, rules
from tests.programs.children import Children

PROGRAMS = FIXTURES / "programs"
KEYS = {
    "why": "what the program is about",
    "expect": "`right`, `unchanged` (and right), or `told LINE, FILE:LINE`: a finding stands there, unless it is right",
    "but": "lines of an unchanged program that may change, such as imports",
    "today": "`wrong WHY`: what is expected does not hold yet",
    "exit": "`0`: what is told needs nobody to act, although the numbers differ",
    "after": "where the result runs: torch, mindspore or both; by default the framework that it was converted to",
    "mode": "`eval` or `made` (as build left it) in place of `train`",
    "platform": "option of the conversion",
    "level": "option of the conversion",
    "has": "a text that must be in the result",
    "lacks": "a text that must not",
    "finding": "lines that have a finding, whatever else is expected",
    "message": "a text that a finding must have",
}
HARMLESS = ("safe", "review")
TOLERANCE = 1e-4

Place = tuple[str, int]


@dataclass(frozen=True)
class Program:
    """One folder, and what its expect.txt says."""

    folder: Path
    notes: dict[str, list[str]] = field(compare=False)

    @classmethod
    def read(cls, folder: Path) -> Program:
        """Raises ValueError for a line that says nothing known."""
        notes: dict[str, list[str]] = {}
        for line in (folder / "expect.txt").read_text(encoding="utf-8").splitlines():
            key, colon, value = line.partition(": ")
            if key not in KEYS or not colon or not value:
                raise ValueError(f"{folder.name}/expect.txt: {line!r} is none of {', '.join(KEYS)}")
            notes.setdefault(key, []).append(value)
        if notes.get("expect", [""])[0].partition(" ")[0] not in ("right", "unchanged", "told"):
            raise ValueError(f"{folder.name}/expect.txt: expects right, unchanged or told LINE")
        return cls(folder, notes)

    def note(self, key: str, default: str = "") -> str:
        """The value of a key."""
        return self.notes.get(key, [default])[0]

    @property
    def name(self) -> str:
        """`to_mindspore/NAME`."""
        return self.folder.relative_to(PROGRAMS).as_posix()

    @property
    def to(self) -> str:
        """The framework that it is converted to."""
        return self.folder.parent.name.removeprefix("to_")

    @property
    def source(self) -> str:
        """The framework that it is written for."""
        return "torch" if self.to == "mindspore" else "mindspore"

    @property
    def expected(self) -> str:
        """right, unchanged or told."""
        return self.note("expect").partition(" ")[0]

    @property
    def files(self) -> dict[str, str]:
        """Path -> text of its files."""
        paths = sorted(path for path in self.folder.rglob("*") if path.is_file() and path.name != "expect.txt")
        return {path.relative_to(self.folder).as_posix(): path.read_text(encoding="utf-8") for path in paths}

    def places(self, key: str) -> list[Place]:
        """The lines that a key names: `3`, or `lib.py:3`; a word before them is not one."""
        text = self.note(key).removeprefix("told ")
        parts = [part.strip().rpartition(":") for part in text.split(",") if part.strip()[-1:].isdigit()]
        return [(path or "main.py", int(line)) for path, _, line in parts]

    def convert(self) -> Conversion:
        """The conversion of the folder."""
        return _convert(self)


@functools.cache
def _convert(program: Program) -> Conversion:
    options = Options(
        to=program.to,  # type: ignore[arg-type]
        platform=program.note("platform", "gpu"),
        level=Level(program.note("level", "review")),
    )
    return convert_tree(read_tree(program.folder), rules(), options)


@dataclass(frozen=True)
class Outcome:
    """How a program ended: right, unchanged, told or wrong, and for the last why."""

    kind: str
    detail: str = ""


def programs() -> list[Program]:
    """Every program."""
    return [Program.read(path.parent) for path in sorted(PROGRAMS.glob("to_*/*/expect.txt"))]


def outputs(program: Program) -> dict[str, str]:
    """Path -> text of every file of the result."""
    conversion = program.convert()
    files = {file.path: file.after.decode() for file in conversion.files}
    found = program.files | files | conversion.added
    return {path: text for path, text in found.items() if path not in conversion.removed}


class Bench:
    """Runs programs on the children; what has run once does not run again."""

    def __init__(self) -> None:
        self.children = Children()
        self._before: dict[Program, dict[str, Any]] = {}

    def before(self, program: Program) -> dict[str, Any]:
        """What the program gives as it is."""
        if program not in self._before:
            self._before[program] = self._run(program, program.source, program.files)
        return self._before[program]

    def after(self, program: Program) -> dict[str, Any]:
        """What it gives after its conversion."""
        return self._run(program, program.note("after", program.to), outputs(program))

    def _run(self, program: Program, side: str, files: dict[str, str]) -> dict[str, Any]:
        return self.children[side].run(files, mode=program.note("mode", "train"))

    def outcome(self, program: Program) -> Outcome:
        """How the conversion of a program ends."""
        difference = difference_between(self.before(program), self.after(program))
        return judge(program, difference)


def judge(program: Program, difference: str) -> Outcome:
    """What the findings and the numbers (`difference`, empty when they are the same) make of a program."""
    acting = [str(f) for f in program.convert().findings if f.level.value not in HARMLESS]
    wrong = difference or (f"has work left: {acting[0]}" if acting else "") or _texts(program)
    if program.expected == "told":
        return _told(program, difference, bool(acting)) if wrong else Outcome("right")
    wrong = wrong or (_moved(program) if program.expected == "unchanged" else "")
    return Outcome("wrong", wrong) if wrong else Outcome(program.expected)


def _told(program: Program, difference: str, acting: bool) -> Outcome:
    if silent := _silent(program, "expect"):
        return Outcome("wrong", f"nothing is told at {', '.join(silent)}; {difference or 'the numbers are right'}")
    if difference and not acting and program.note("exit") != "0":
        return Outcome("wrong", f"exit code 0, although {difference}")
    if difference and program.note("after"):
        return Outcome("wrong", difference)
    texts = _texts(program)
    return Outcome("wrong", texts) if texts else Outcome("told")


def _texts(program: Program) -> str:
    """Which text must be, or must not be, in the result or among the findings."""
    text, findings = "\n".join(outputs(program).values()), program.convert().findings
    lacking = [f"lacks {each!r}" for each in program.notes.get("has", []) if each not in text]
    left = [f"has {each!r}" for each in program.notes.get("lacks", []) if each in text]
    said = "\n".join(finding.message for finding in findings)
    unsaid = [f"no finding says {each!r}" for each in program.notes.get("message", []) if each not in said]
    silent = [f"nothing is told at {place}" for place in _silent(program, "finding")]
    return "; ".join([*lacking, *left, *unsaid, *silent])


def _silent(program: Program, key: str) -> list[str]:
    found = {(finding.path, finding.line) for finding in program.convert().findings}
    return [f"{path}:{line}" for path, line in program.places(key) if (path, line) not in found]


def _moved(program: Program) -> str:
    """Which line of an unchanged program is not as it was, or has a finding."""
    free, after = set(program.places("but")), outputs(program)
    for finding in program.convert().findings:
        if (finding.path, finding.line) not in free:
            return f"has a finding: {finding}"
    for path, text in program.files.items():
        lines = iter(MARK.sub("", line) for line in after[path].split("\n"))
        for number, line in enumerate(text.split("\n"), 1):
            if (path, number) not in free and line not in lines:
                return f"{path}:{number} was changed"
    return ""


def difference_between(before: dict[str, Any], after: dict[str, Any]) -> str:
    """Where two replies differ; empty when nowhere."""
    if "error" in after:
        return f"{after['where']} ends with {after['error']}"
    return (
        _differ(before["result"], after["result"], "result")
        or _states_differ(before["built"], after["built"], "as built")
        or _states_differ(before["state"], after["state"], "in the end")
    )


def _states_differ(one: list[list[Any]] | None, two: list[list[Any]] | None, when: str) -> str:
    """What differs in names, sizes and trainability; untrained values may be there on one side alone.

    MindSpore's norms have scales that are not trained and running statistics where torch has none.
    """
    one, two = [] if one is None else one, [] if two is None else two
    names = [name for name, _, _ in two]
    if double := sorted({name for name in names if names.count(name) > 1}):
        return f"{when}, several parameters are called {', '.join(double)}"
    trained, now = ([row for row in rows if row[2]] for rows in (one, two))
    if trained != now:
        lost, new = ([row[0] for row in a if row not in b] for a, b in ((trained, now), (now, trained)))
        return f"{when}, {', '.join(new) or 'nothing'} is trained in place of {', '.join(lost) or 'nothing'}"
    return ""


def _differ(one: Any, two: Any, where: str) -> str:
    if isinstance(one, list) and isinstance(two, list):
        if len(one) != len(two):
            return f"{where} has {len(two)} items in place of {len(one)}"
        found = (_differ(a, b, f"{where}[{index}]") for index, (a, b) in enumerate(zip(one, two, strict=True)))
        return next(filter(None, found), "")
    if isinstance(one, dict) and isinstance(two, dict) and one.keys() == two.keys():
        return next(filter(None, (_differ(one[key], two[key], where) for key in one)), "")
    return "" if _same(one, two) else f"{where} is {str(two)[:80]} in place of {str(one)[:80]}"


def _same(one: Any, two: Any) -> bool:
    if type(one) is not type(two) or not isinstance(one, float):
        return type(one) is type(two) and bool(one == two)
    return abs(one - two) <= TOLERANCE * (1 + abs(one)) or one == two or (math.isnan(one) and math.isnan(two))
