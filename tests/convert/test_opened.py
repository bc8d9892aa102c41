"""Which files a conversion opens: the rules that it needs, and no other, however many there are."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from porter.convert import Options, convert_text, convert_tree
from porter.rules import index, listing
from porter.rules.files import RuleFile, read_rule
from porter.rules.load import RuleBook, load_rules, rule_folder
from porter.rules.model import Framework, Rule
from porter.source.tree import Tree
from tests.rule_costs import ROOT, SOURCE, copy_rules

COUNT = 60
USED = {"nn/Module.toml", "nn/Conv3d.toml", "nn/InstanceNorm3d.toml", "nn/LeakyReLU.toml"}
"""The rules of all that SOURCE names."""
PROGRAM = """\
import sys
opened = []
sys.addaudithook(lambda event, arguments: opened.append(str(arguments[0])) if event == "open" else None)
sys.argv = ["porter", *sys.argv[1:]]
from porter.__main__ import main
try:
    main()
finally:
    sys.stderr.write("opened " + repr(opened))
"""
RICH = (
    SOURCE
    + """
    def more(self, layer, x, name):
        for m in self.modules():
            if isinstance(m, nn.Conv3d) and m.bias is not None:
                m.stride = 1
        y = type(layer)(layer.num_features, eps=layer.eps)
        layer.add_module(name, y)
        getattr(layer, "running_mean")
        x.add_(1)
        kinds = {"ConvTranspose3d": 2}[type(layer).__name__]
        match layer:
            case nn.BatchNorm3d(num_features=n):
                return n
        return layer(input=x).max(1)[0].std(1), self.norm.weight, layer.bn2d.gamma, kinds, x[0].cuda()
"""
)


def opened(work: Path, *arguments: str) -> set[str]:
    """What `porter convert` opens below the folders of rules, and of what it keeps about them."""
    (work / "net.py").write_text(SOURCE, encoding="utf-8")
    command = [sys.executable, "-c", PROGRAM, "convert", str(work / "net.py"), *arguments]
    environment = os.environ | {"XDG_CACHE_HOME": str(work / "cache"), "PYTHONPATH": str(ROOT)}
    run = subprocess.run(command, cwd=work, env=environment, capture_output=True, text=True, check=True)
    paths = [Path(name) for name in ast.literal_eval(run.stderr.rpartition("opened ")[2])]
    folders = (rule_folder(), work / "own", work / "cache/porter/rules")
    return {p.relative_to(folder).as_posix() for folder in folders for p in paths if p.is_relative_to(folder)}


def settled(*folders: Path) -> None:
    """Wait until no file is so young that it has to be looked into."""
    stamps = listing.list_files(folders, rule_folder()).stamps.values()
    wait = max(max(stamp[1], stamp[2]) for stamp in stamps) + listing.YOUNG_NS - time.time_ns()
    time.sleep(max(0, wait / 1e9) + 0.01)


def test_a_file_costs_the_rules_that_it_names(tmp_path: Path) -> None:
    copy_rules(tmp_path / "own", COUNT)
    settled(rule_folder(), tmp_path / "own")
    all_files = {path.relative_to(tmp_path / "own").as_posix() for path in (tmp_path / "own").rglob("*.toml")}
    first, again = (opened(tmp_path, "--rules", str(tmp_path / "own")) for _ in range(2))
    assert len(all_files) == COUNT and first >= all_files | USED
    assert {name for name in again if name.endswith(".toml")} == USED
    assert [Path(name).suffix for name in again - USED] == [".tables"]


@pytest.fixture
def read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the rules that are read, once all are known: the shipped ones, and copies of them."""
    names: list[str] = []

    def counted(file: RuleFile, problems: list[str]) -> Rule | None:
        names.append(file.name)
        return read_rule(file, problems)

    copy_rules(tmp_path / "own", COUNT)
    monkeypatch.setattr(listing, "YOUNG_NS", -(10**15))
    load_rules([tmp_path / "own"])
    monkeypatch.setattr(index, "read_rule", counted)
    return names


def needless(names: list[str], book: RuleBook, layers: str | None) -> list[str]:
    """Copies that were read although the generated module does not speak of them: it asks objects of any class."""
    copies = [name for name in names if not (rule_folder() / f"{name}.toml").exists()]
    rules = list(book.chosen(name.replace("/", ".") for name in copies))
    assert len(rules) == len(copies)
    sides = [(rule.name, side.name) for rule in rules for side in (rule.torch, rule.mindspore)]
    spoken = {rule for rule, name in sides if re.search(rf"\b{str(name).rpartition('.')[2]}\b", layers or "")}
    return [rule.name for rule in rules if rule.name not in spoken]


@pytest.mark.parametrize("to", ["mindspore", "torch"])
def test_whatever_a_file_does_it_costs_no_rule_that_it_has_nothing_of(
    to: Framework, tmp_path: Path, read: list[str]
) -> None:
    book = load_rules([tmp_path / "own"])
    text = RICH if to == "mindspore" else convert_text(RICH, book, Options("mindspore")).text
    read.clear()
    result = convert_text(text, load_rules([tmp_path / "own"]), Options(to))
    assert result.text != text and "nn/Conv3d" in read
    assert needless([*read], book, result.layers) == []


FORMS = sorted((ROOT / "fixtures/forms").rglob("*.in.py"))[::3]


def test_no_form_costs_a_rule_that_it_has_nothing_of(tmp_path: Path, read: list[str]) -> None:
    assert len(FORMS) > 80
    book = load_rules([tmp_path / "own"])
    for path in FORMS:
        read.clear()
        options = Options("torch" if "to_torch" in path.parts else "mindspore")
        result = convert_text(path.read_text(encoding="utf-8"), load_rules([tmp_path / "own"]), options)
        assert needless([*read], book, result.layers) == [], path


def test_workers_read_no_rules_of_their_own(tmp_path: Path, read: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """They are forked when all is decided."""

    def noted(file: RuleFile, problems: list[str]) -> Rule | None:
        with (tmp_path / "readers").open("a", encoding="utf-8") as readers:
            readers.write(f"{os.getpid()}\n")
        return read_rule(file, problems)

    monkeypatch.setattr(index, "read_rule", noted)
    tree = Tree(tmp_path, {f"net{number}.py": SOURCE.encode() for number in range(12)})
    one, two = (convert_tree(tree, load_rules([tmp_path / "own"]), Options("mindspore"), jobs) for jobs in (1, 2))
    assert [file.after for file in one.files] == [file.after for file in two.files]
    assert set((tmp_path / "readers").read_text(encoding="utf-8").split()) == {str(os.getpid())}


LOOP = re.compile(r"\brules\.(rules|names\([^()]*\))\.(values|items)\(\)")
"""What reads every rule; `porter.rules.facts` and `porter.rules.tables` say what has to be known of all."""


def test_no_decision_goes_through_all_rules() -> None:
    sources = [ROOT / "porter/convert.py", *(ROOT / "porter/rewrite").rglob("*.py")]
    assert len(sources) > 100 and LOOP.search("for rule in tree.rules.rules.values():")
    assert [path for path in sources if LOOP.search(path.read_text(encoding="utf-8"))] == []
