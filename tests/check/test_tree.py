"""`porter check SRC OUT` end to end: what lies in OUT is what is proven."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from porter import __version__
from porter.check import CheckReport, check_tree
from porter.errors import SourceError, UsageError
from porter.report.check import print_text, to_json
from porter.report.console import captured
from porter.results import Verdict
from porter.rules.load import RuleBook

BEFORE = """import torch.nn as nn

norm = nn.InstanceNorm3d(4, eps=0.5)
act = nn.LeakyReLU(slope)
"""
AFTER = """import mindspore.nn as nn

norm = nn.InstanceNorm3d(4, eps=0.5, affine=False)
act = nn.LeakyReLU(slope)
"""
NAMES = {"names_before": {"nn": "torch.nn"}, "names_after": {"nn": "mindspore.nn"}}
SITES = [
    {"path": "m.py", "line": 3, "column": 8, "kind": "call", "rule": "nn.InstanceNorm3d", "level": "safe", "reason": "",
     "before": "nn.InstanceNorm3d(4, eps=0.5)", "after": "nn.InstanceNorm3d(4, eps=0.5, affine=False)", **NAMES},
    {"path": "m.py", "line": 4, "column": 7, "kind": "call", "rule": "nn.LeakyReLU", "level": "safe", "reason": "",
     "before": "nn.LeakyReLU(slope)", "after": "nn.LeakyReLU(slope)", **NAMES},
]  # fmt: skip


def trees(folder: Path, after: str = AFTER, sites: Any = SITES, **manifest: Any) -> tuple[Path, Path]:
    """SRC and OUT, as convert would have left them."""
    src, out = folder / "in", folder / "out"
    src.mkdir()
    out.mkdir()
    (src / "m.py").write_text(BEFORE)
    (out / "m.py").write_text(after)
    data = {"porter": __version__, "to": "mindspore", "platform": "gpu", "layers": None, "sites": sites, **manifest}
    (out / "porter.json").write_text(json.dumps(data))
    return src, out


def failed(report: CheckReport) -> list[tuple[str, str]]:
    return [(str(result.verdict), result.detail) for result in report.results if result.verdict is not Verdict.OK]


@pytest.mark.frameworks("torch", "mindspore")
@pytest.mark.usefixtures("lent")
def test_a_right_tree_is_green_and_shows_its_samples(tmp_path: Path, book: RuleBook) -> None:
    report = check_tree(*trees(tmp_path), book)
    assert failed(report) == [] and report.exit_code == 0
    assert [(r.line, r.mode, r.samples) for r in report.results] == [
        (3, "PyNative", {}), (3, "GRAPH", {}), (4, "PyNative", {"slope": "0.3"}), (4, "GRAPH", {"slope": "0.3"}),
    ]  # fmt: skip


WRONG = {
    "nn.InstanceNorm3d(4, eps=0.5)": "trainable here, and not in torch",
    "nn.InstanceNorm3d(4, eps=0.25, affine=False)": "output 0 in training step 1: ",
    "nn.BatchNorm3d(4, eps=0.5, affine=False)": "built a BatchNorm3d that is no instance of mindspore.nn.",
    "nn.InstanceNorm3d(4, epsilon=0.5)": "the converted code did not run: TypeError",
    "nn.InstanceNorm3d(5, eps=0.5, affine=False)": "the converted code did not run: ValueError",
}


@pytest.mark.frameworks("torch", "mindspore")
@pytest.mark.usefixtures("lent")
def test_a_wrong_tree_is_red(tmp_path: Path, book: RuleBook) -> None:
    head, norm = BEFORE.splitlines()[0], BEFORE.splitlines()[2]
    sites = [{**SITES[0], "line": line, "after": text} for line, text in enumerate(WRONG, 2)]
    src, out = trees(tmp_path, "\n".join(WRONG), sites)
    (src / "m.py").write_text("\n".join([head, *[norm] * len(WRONG)]))
    report = check_tree(src, out, book)
    details = {result.line: result.detail for result in report.results if result.mode == "PyNative"}
    for line, told in enumerate(WRONG.values(), 2):
        assert told in details[line]
    assert report.exit_code == 1 and report.counts[Verdict.OK] == 0
    assert report.results[0].repeat == f"porter check {src} {out} --site m.py:2"


def test_a_text_that_is_no_longer_there_is_an_error(tmp_path: Path, book: RuleBook) -> None:
    base = [{**site, "kind": "base"} for site in SITES]
    src, out = trees(tmp_path, AFTER.replace("affine=False", "affine=True"), base)
    report = check_tree(src, out, book)
    assert report.exit_code == 1
    assert failed(report)[0][1].startswith(
        f"{out / 'm.py'} no longer holds nn.InstanceNorm3d(4, eps=0.5, affine=False)"
    )
    (src / "m.py").write_text(BEFORE.replace("\nact", "\n\nact"))
    assert f"{src / 'm.py'} no longer holds this text there: convert again" == failed(check_tree(src, out, book))[1][1]


def test_a_text_that_was_edited_in_one_of_two_places_is_an_error(tmp_path: Path, book: RuleBook) -> None:
    base = [{**SITES[1], "kind": "base", "line": line} for line in (4, 5)]
    src, out = trees(tmp_path, AFTER + "again = nn.LeakyReLU(slope + 1)\n", base)
    (src / "m.py").write_text(BEFORE + "new = nn.LeakyReLU(slope)\n".replace("new = ", "act = "))
    told = failed(check_tree(src, out, book))
    assert len(told) == 2 and "holds nn.LeakyReLU(slope) in 1 of the 2 places where it was written" in told[0][1]


def test_another_tree_is_told_at_once(tmp_path: Path, book: RuleBook) -> None:
    src, out = trees(tmp_path)
    (src / "m.py").write_text("import torch\n")
    with pytest.raises(SourceError, match=r"in: none of what .*porter\.json lists stands there: SRC is another tree"):
        check_tree(src, out, book)


def test_edits_and_other_versions_are_notes(tmp_path: Path, book: RuleBook) -> None:
    base = [{**SITES[0], "kind": "base"}]
    src, out = trees(tmp_path, sites=base, porter="0.0.1", files=[{"path": "m.py", "sha256": sha256(AFTER)}])
    version = f"{out / 'porter.json'} was written by porter 0.0.1, this is {__version__}: convert again where in doubt"
    assert check_tree(src, out, book).notes == (version,)
    (out / "m.py").write_text(AFTER + "more = 1\n")
    report = check_tree(src, out, book)
    edited = f"{out / 'm.py'} was edited after convert wrote it: only the places of porter.json are checked"
    assert report.notes == (version, edited) and report.exit_code == 2
    assert f"note: {edited}\n" in captured(lambda console: print_text(report, console))
    assert json.loads(to_json(report))["notes"] == [version, edited]


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


CRASH = "nn.LeakyReLU(0.3 if __import__('os').abort() else 0.3)"
SYNTAX = "nn.LeakyReLU(0.3"


@pytest.mark.frameworks("torch", "mindspore")
@pytest.mark.usefixtures("lent")
def test_a_place_that_ends_the_process_or_is_no_expression_costs_only_itself(tmp_path: Path, book: RuleBook) -> None:
    texts = [CRASH, SYNTAX, "nn.LeakyReLU(1 / 0)", "nn.LeakyReLU(0.3)"]
    sites = [{**SITES[1], "line": n, "column": 1, "before": text, "after": text} for n, text in enumerate(texts, 1)]
    src, out = trees(tmp_path, "\n".join(texts), sites)
    (src / "m.py").write_text("\n".join(texts))
    report = check_tree(src, out, book)
    found = {result.line: (str(result.verdict), result.detail) for result in report.results}
    assert found[1] == ("error", "the torch side did not run: the torch process died (SIGABRT)")
    assert found[2] == ("not run", "there is nothing to run: '(' was never closed (<unknown>, line 1)")
    assert found[3] == ("error", "the torch side did not run: ZeroDivisionError: division by zero (at build)")
    assert found[4] == ("ok", "") and report.exit_code == 1


def test_spacing_in_out_does_not_matter(tmp_path: Path, book: RuleBook) -> None:
    base = [{**SITES[0], "kind": "base"}]
    src, out = trees(
        tmp_path, AFTER.replace("(4, eps=0.5, affine=False)", "(\n    4,\n    eps=0.5, affine=False,  # x\n)"), base
    )
    report = check_tree(src, out, book)
    assert failed(report) == [("not run", "a base class has no call of its own")] and report.exit_code == 2


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "half": ({"state": "writing"}, "porter convert was killed while it wrote: run it again to finish it"),
    "no sites": ({"sites": 3}, "not the manifest of porter convert (no list of sites)"),
    "direction": ({"to": "jax"}, "'to' is 'jax', expected 'torch' or 'mindspore'"),
    "platform": ({"platform": "tpu"}, "'platform' is 'tpu', expected 'gpu' or 'any'"),
    "files": ({"files": [3]}, "'files' is no list of objects"),
    "damaged site": ({"sites": [{"kind": "call"}]}, "a site is damaged"),
    "no site": ({"sites": ["m.py:3"]}, "a site is damaged"),
    "unknown kind": ({"sites": [{**SITES[0], "kind": "song"}]}, "a site is damaged ('song' is not a valid Kind; "),
    "line as text": ({"sites": [{**SITES[0], "line": "3"}]}, "a site is damaged (line is '3'; written by porter "),
    "names": ({"sites": [{**SITES[0], "names_after": {"nn": 1}}]}, "a site is damaged (names are {'nn': 1}; "),
    "outside": ({"sites": [{**SITES[0], "path": "../m.py"}]}, "../m.py:3:8 is no place of the tree"),
    "of the future": ({"sites": [{**SITES[0], "colour": 1}], "porter": "9.9"}, "written by porter 9.9, this is "),
    "lost layers": ({"layers": "porter_layers.py"}, "porter.json names it"),
}


@pytest.mark.parametrize(("manifest", "told"), BAD.values(), ids=BAD.keys())
def test_a_bad_manifest_is_one_line(tmp_path: Path, book: RuleBook, manifest: dict[str, Any], told: str) -> None:
    with pytest.raises(SourceError) as caught:
        check_tree(*trees(tmp_path, **manifest), book)
    assert told in str(caught.value) and "\n" not in str(caught.value)


def test_what_is_missing_is_one_line(tmp_path: Path, book: RuleBook) -> None:
    src, out = trees(tmp_path)
    with pytest.raises(UsageError, match=r"--site m\.py:1: no converted place there"):
        check_tree(src, out, book, sites=["m.py:3", "m.py:1"])
    (out / "porter.json").write_text("{")
    with pytest.raises(SourceError, match=r"not the manifest of porter convert \(.*\); convert again"):
        check_tree(src, out, book)
    (out / "porter.json").unlink()
    with pytest.raises(SourceError, match=r"porter\.json: not found; check needs the OUT"):
        check_tree(src, out, book)
    (tmp_path / "b").mkdir()
    other, out = trees(tmp_path / "b")
    (other / "m.py").unlink()
    with pytest.raises(SourceError, match="is this the tree that was converted"):
        check_tree(other, out, book)


def test_nothing_to_run_is_not_a_success_and_starts_no_framework(tmp_path: Path, book: RuleBook) -> None:
    report = check_tree(*trees(tmp_path, sites=[]), book)
    assert report.results == () and report.exit_code == 2
    text = captured(lambda console: print_text(report, console))
    assert text.strip() == "nothing was proven" and json.loads(to_json(report))["exit_code"] == 2
