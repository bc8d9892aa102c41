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
APART = {"to_mindspore/chain_of_folders", "to_mindspore/index_add"}
"""Programs of which a part stays that no other part names: the test ties them, or an import that is not found."""


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


@pytest.mark.parametrize("whole", ["class", "file"])
@pytest.mark.parametrize("program", ALL, ids=lambda program: program.name)
def test_a_program_stays_as_it_was_or_moves_as_one(program: Program, whole: Whole, bench: Bench) -> None:
    conversion = converted(program, whole)
    assert not [str(finding) for finding in conversion.findings if finding.code is Code.NEITHER]
    after = texts(program, conversion)
    if not any(finding.code in STAYS for finding in conversion.findings):
        assert after == texts(program, program.convert()), "what moves, moves as it does place by place"
    elif program.name not in APART:
        bare = {path: without_marks(text) for path, text in after.items()}
        assert bare == {path: without_marks(text) for path, text in program.files.items()}
        again = bench.children[program.source].run(after, mode=program.note("mode", "train"))
        assert difference_between(bench.before(program), again) == ""


def test_some_programs_stay_and_some_move() -> None:
    """The test above looks at both kinds."""
    stay = [any(finding.code in STAYS for finding in converted(p, "class").findings) for p in ALL]
    assert stay.count(True) > 15
    assert stay.count(False) > 200
