"""`--whole class` and `--whole file`: no class runs in neither framework, and what stays whole runs as it did."""

from __future__ import annotations

import pytest

from porter.codes import Code
from porter.convert import Conversion, Options, convert_tree
from porter.rewrite.options import Whole
from porter.source.walk import read_tree
from tests.convert.harness import rules, without_marks
from tests.programs.harness import Bench, Program, difference_between, programs

STAYS = (Code.STAYS_WHOLE, Code.STAYS_WITH)
ALL = [program for program in programs() if not program.note("level")]


def converted(program: Program, whole: Whole) -> Conversion:
    """The conversion of a program."""
    options = Options(
        to=program.to,  # type: ignore[arg-type]
        platform=program.note("platform", "gpu"),
        whole=whole,
    )
    return convert_tree(read_tree(program.folder), rules(), options)


def texts(program: Program, conversion: Conversion) -> dict[str, str]:
    """Path -> text of every file of a result."""
    found = program.files | {file.path: file.after.decode() for file in conversion.files} | conversion.added
    return {path: text for path, text in found.items() if path not in conversion.removed}


def stays_whole(program: Program, after: dict[str, str]) -> bool:
    """Whether nothing but marks was written; `build` and `run`, which only the test ties, can go apart."""
    before = {path: without_marks(text) for path, text in program.files.items()}
    return {path: without_marks(text) for path, text in after.items()} == before


@pytest.mark.parametrize("whole", ["class", "file"])
@pytest.mark.parametrize("program", ALL, ids=lambda program: program.name)
def test_a_program_stays_as_it_was_or_moves_as_one(program: Program, whole: Whole, bench: Bench) -> None:
    conversion = converted(program, whole)
    assert not [str(finding) for finding in conversion.findings if finding.code is Code.NEITHER]
    after = texts(program, conversion)
    if not any(finding.code in STAYS for finding in conversion.findings):
        assert after == texts(program, program.convert()), "what moves, moves as it does place by place"
    elif stays_whole(program, after):
        again = bench.children[program.source].run(after, mode=program.note("mode", "train"))
        assert difference_between(bench.before(program), again) == ""


def test_some_programs_stay_and_some_move() -> None:
    """The test above looks at both kinds."""
    found = [(program, converted(program, "file")) for program in ALL]
    stay = [p for p, c in found if any(f.code in STAYS for f in c.findings) and stays_whole(p, texts(p, c))]
    assert len(stay) > 15
    assert len(stay) < len(ALL) / 2
