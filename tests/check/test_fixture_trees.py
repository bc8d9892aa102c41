"""`porter check` is green on every fixture tree, as `porter convert` writes it for either platform."""

from __future__ import annotations

from pathlib import Path

import pytest

from porter.check import check_tree
from porter.cli import run
from porter.proof import sites
from porter.results import Verdict
from porter.rules.load import RuleBook

FIXTURES = Path(__file__).parents[2] / "fixtures"
TREES = [FIXTURES / "demo", *sorted(folder for folder in (FIXTURES / "trees").iterdir() if folder.is_dir())]
NOTHING = {
    "constants": "one dtype is moved, and a dtype computes nothing; the others stay",
    "local_torch": "its torch is a package of its own, so there is nothing to convert",
    "own_resets": "it has base classes only, and methods of theirs that MindSpore's layers do not call",
    "same_own_torch": "its torch is a file of its own, so there is nothing to convert",
    "second_names": "it has base classes only, which do not run by themselves",
}
"""Trees where nothing can be proven, which `check` never takes for success."""

pytestmark = [pytest.mark.frameworks("torch", "mindspore"), pytest.mark.usefixtures("lent")]


@pytest.mark.parametrize("platform", ["any", "gpu"])
@pytest.mark.parametrize("tree", TREES, ids=lambda tree: str(tree.name))
def test_every_place_is_proven_or_says_why_it_cannot_run(
    tree: Path, platform: str, tmp_path: Path, book: RuleBook, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In GRAPH mode too for one of them: it compiles for seconds, and the rules' own cases have run in it."""
    if (tree.name, platform) != ("reexport_chain", "any"):
        monkeypatch.setattr(sites, "MODES", ("PyNative",))
    source = tree / "in" if (tree / "in").is_dir() else tree
    run(["convert", str(source), "-o", str(tmp_path / "out"), "--platform", platform])
    report = check_tree(source, tmp_path / "out", book)
    wrong = [result for result in report.results if result.verdict not in (Verdict.OK, Verdict.NOT_RUN)]
    assert (wrong, report.notes) == ([], ())
    assert all(result.detail for result in report.results if result.verdict is Verdict.NOT_RUN)
    assert report.exit_code == (2 if tree.name in NOTHING else 0)
