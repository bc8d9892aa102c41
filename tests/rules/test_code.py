"""Code of one's own beside one's rules: where it is looked for, and that all that is wrong with it is told at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from porter.report.rules import print_rule, print_rules
from porter.rules.load import load_rules
from porter.rules.template import find
from tests.cli.conftest import on_terminal
from tests.rules.faulty import GONE, NONE, problems
from tests.rules.test_load import told

RULE = """\
class = true
[torch]
name = "torch.nn.{0}"
signature = "threshold, value, inplace=False"
docs = "https://example.org/page"
[layer.mindspore]
any = "{1}"
"""
SOUND = '''\
"""What MindSpore has not."""
from mindspore import nn

LIMIT: int = 0


class Threshold(nn.Cell):
    def construct(self, input):
        return input > LIMIT
'''


def own(folder: Path, code: dict[str, str], **rules: str) -> Path:
    """A folder with the rule of Threshold, or these, and code in `standalone`."""
    rules = rules or {"Threshold": RULE.format("Threshold", "threshold")}
    for name, text in [
        *((f"nn/{name}.toml", text) for name, text in rules.items()),
        *((f"standalone/{name}.py", text) for name, text in code.items()),
    ]:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def code_of(folder: Path, name: str = "threshold") -> Path:
    return folder / "standalone" / "mindspore" / f"{name}.py"


def test_a_rule_names_code_of_its_own_folder(tmp_path: Path) -> None:
    rule = load_rules([own(tmp_path, {"mindspore/threshold": SOUND})]).rules["torch.nn.Threshold"]
    assert rule.mindspore.name is None and rule.layer == {"mindspore": {"any": "threshold"}}
    assert find("mindspore", "threshold", rule.folders) == code_of(tmp_path)


def test_it_is_shown_as_what_only_the_generated_module_has(tmp_path: Path) -> None:
    rule = load_rules([own(tmp_path, {"mindspore/threshold": SOUND})]).rules["torch.nn.Threshold"]
    text = on_terminal(lambda console: print_rule(rule, console), 400)
    assert text.startswith("torch.nn.Threshold <-> (in the generated module)\n")
    assert f"The generated module has on the way to mindspore: threshold ({code_of(tmp_path)})" in text
    assert "(in the generated module)" in on_terminal(lambda console: print_rules([rule], console), 120)


def test_the_folder_of_the_rule_wins_then_those_before_it_then_the_shipped_code(tmp_path: Path) -> None:
    one = own(tmp_path / "1", {"mindspore/threshold": SOUND})
    two = own(tmp_path / "2", {})
    book = load_rules([one, two])
    folders = book.rules["torch.nn.Threshold"].folders
    assert find("mindspore", "threshold", folders) == code_of(one)
    own(two, {"mindspore/threshold": SOUND})
    folders = load_rules([two]).rules["torch.nn.Threshold"].folders
    assert find("mindspore", "threshold", folders) == code_of(two)
    shipped = book.rules["torch.nn.InstanceNorm3d"].folders
    assert shipped == () and "runtime" in str(find("mindspore", "instance_norm", folders))


def test_code_of_a_later_folder_is_not_found(tmp_path: Path) -> None:
    one = own(tmp_path / "1", {})
    code = {"mindspore/threshold": SOUND, "mindspore/softmin": SOUND.replace("Threshold", "Softmin")}
    two = own(tmp_path / "2", code, Softmin=RULE.format("Softmin", "softmin"))
    rule, unused = told(one, two)
    assert "[layer.mindspore] any is 'threshold'; expected one of 'batch_norm', 'containers'" in rule
    assert unused.startswith(f"{code_of(two)}: changes nothing")


def test_it_is_never_imported_nor_run(tmp_path: Path) -> None:
    trace = tmp_path / "ran"
    text = SOUND.replace("LIMIT: int = 0", f"LIMIT = open({str(trace)!r}, 'w').write('x')")
    load_rules([own(tmp_path, {"mindspore/threshold": text})])
    assert not trace.exists()


LOST = "only imports, functions, classes and constants are copied"
FAULTS = {
    "no Python": (SOUND + "class\n", ": cannot be read as Python: invalid syntax (<unknown>, line 10)"),
    "a null": (SOUND + "\0", ": cannot be read as Python: source code string cannot contain null bytes"),
    "a statement": (SOUND + "print(LIMIT)\n", f":10: {LOST}; print(LIMIT) would be lost"),
    "a branch": (SOUND + "if LIMIT:\n    X = 1\n", f":10: {LOST}; if LIMIT: would be lost"),
    "a try": (SOUND + "try:\n    import re\nexcept ImportError:\n    re = None\n", f":10: {LOST}; try: would be lost"),
    "two targets": (SOUND + "A = B = 1\n", f":10: {LOST}; A = B = 1 would be lost"),
    "a tuple": (SOUND + "A, B = 1, 2\n", f":10: {LOST}; A, B = (1, 2) would be lost"),
    "no value": (SOUND + "A: int\n", f":10: {LOST}; A: int would be lost"),
    "an item": (SOUND + "A = {}\nA['b'] = 1\n", f":11: {LOST}; A['b'] = 1 would be lost"),
    "twice": (
        SOUND + "LIMIT = 2\n",
        ":4: LIMIT is defined again further down; only one of the two would be copied",
    ),
    "a star": (
        SOUND + "from mindspore.ops import *\n",
        ":10: what a star import gives cannot be seen; name what is used",
    ),
    "the source": (
        SOUND + "import torch\n",
        ":10: it imports torch; the generated module computes with mindspore alone",
    ),
    "the source inside": (
        SOUND + "def f():\n    from torch.nn import Module\n    return Module\n",
        ":11: it imports torch; the generated module computes with mindspore alone",
    ),
    "porter": (
        SOUND + "import porter.rules\n",
        ":10: it imports porter; the generated module computes with mindspore alone",
    ),
    "a sibling that is not there": (
        SOUND + "from .nowhere import x\n",
        ":10: from .nowhere import x: there is no such file in standalone/mindspore",
    ),
    "the package above": (
        SOUND + "from ..torch import x\n",
        ":10: from ..torch import x: there is no such file in standalone/mindspore",
    ),
    "the package itself": (
        SOUND + "from . import threshold\n",
        ":10: from . import threshold: there is no such file in standalone/mindspore",
    ),
    "a sibling inside": (
        SOUND + "def f():\n    from .threshold import LIMIT\n    return LIMIT\n",
        ":11: from .threshold import LIMIT: what lies beside is imported at the top, under its own name",
    ),
    "a sibling by another name": (
        SOUND + "from .containers import ModuleList as M\n",
        ":10: from .containers import ModuleList: what lies beside is imported at the top, under its own name",
    ),
    "what a sibling has not": (
        SOUND + "from .containers import Nothing\n",
        ":10: from .containers import Nothing: containers.py defines no Nothing of its own",
    ),
    "a name of porter's": (
        SOUND.replace("LIMIT", "fresh"),
        ": fresh is also a function of the generated module: give it another name",
    ),
    "the name of a member": (
        SOUND.replace("LIMIT", "gamma").replace("gamma", "weight"),
        ": weight is also the function that asks for weight: give it another name",
    ),
    "the name of another rule": (
        SOUND.replace("LIMIT", "Conv3d"),
        ": Conv3d is also what stands for torch.nn.Conv3d: give it another name",
    ),
    "a helper of shipped code": (
        SOUND.replace("LIMIT", "_elements"),
        ": _elements is also another thing in ",
    ),
}


@pytest.mark.parametrize("what", FAULTS)
def test_what_is_wrong_with_code_is_told(what: str, tmp_path: Path) -> None:
    text, message = FAULTS[what]
    (problem,) = told(own(tmp_path, {"mindspore/threshold": text}))
    assert problem.startswith(f"{code_of(tmp_path)}{message}")


def test_code_that_does_not_define_the_name_is_told(tmp_path: Path) -> None:
    folder = own(tmp_path, {"mindspore/threshold": SOUND.replace("Threshold", "Limit")})
    assert told(folder) == [f"{folder / 'nn/Threshold.toml'}: [layer.mindspore] any: threshold defines no Threshold"]


def test_code_that_is_not_there_is_told_with_what_is(tmp_path: Path) -> None:
    folder = own(tmp_path, {"mindspore/other": SOUND})
    rule, unused = told(folder)
    assert rule == (
        f"{folder / 'nn/Threshold.toml'}: [layer.mindspore] any is 'threshold'; "
        "expected one of 'batch_norm', 'containers', 'device', 'full', 'grad_modes', 'init', 'instance_norm', "
        "'instance_norm_native', 'modules', 'other', 'resize'"
    )
    assert unused.startswith(f"{code_of(folder, 'other')}: changes nothing: no rule names it")


def test_code_that_no_rule_names_changes_nothing(tmp_path: Path) -> None:
    code = {
        "mindspore/threshold": SOUND + "from .used import X\n",
        "mindspore/used": "X = 1\n",
        "torch/idle": "X = 1\n",
    }
    folder = own(tmp_path, code)
    assert told(folder) == [
        f'{folder / "standalone/torch/idle.py"}: changes nothing: no rule names it, as in [layer.torch] any = "idle"'
    ]


@pytest.mark.parametrize("name", ["threshold", "jax/threshold", "mindspore/deep/threshold"])
def test_code_where_nothing_looks_is_told(name: str, tmp_path: Path) -> None:
    folder = own(tmp_path, {"mindspore/threshold": SOUND, name: SOUND})
    path = folder / "standalone" / f"{name}.py"
    assert told(folder) == [
        f"{path}: nothing looks for it here; standalone/mindspore/X.py or standalone/torch/X.py is expected"
    ]


def test_the_name_of_a_part_of_the_generated_module_is_told(tmp_path: Path) -> None:
    folder = own(tmp_path, {"mindspore/threshold": SOUND, "mindspore/members": "X = 1\n"})
    assert told(folder)[0] == (
        f"{code_of(folder, 'members')}: members is the name of a part of the generated module; choose another one"
    )


def test_two_things_of_one_name_are_told(tmp_path: Path) -> None:
    rules = {name: RULE.format(name, name.lower()) for name in ("Threshold", "Softmin")}
    other = SOUND.replace("Threshold", "Softmin")
    folder = own(tmp_path, {"mindspore/threshold": SOUND, "mindspore/softmin": other}, **rules)
    load_rules([folder])
    own(folder, {"mindspore/softmin": other.replace("int = 0", "int = 1")}, **rules)
    assert told(folder) == [
        f"{code_of(folder)}: LIMIT is also another thing in {code_of(folder, 'softmin')}: give it another name"
    ]
    own(folder, {"mindspore/softmin": other.replace("mindspore import nn", "mindspore.mint import nn")}, **rules)
    assert told(folder) == [
        f"{code_of(folder, 'softmin')}: nn is also another thing in the generated module: give it another name"
    ]
    own(folder, {"mindspore/softmin": other.replace("from mindspore import nn", "import mindspore.nn as nn")}, **rules)
    load_rules([folder])


def test_all_problems_of_rules_and_code_are_told_at_once(tmp_path: Path) -> None:
    folder = own(tmp_path, {"mindspore/threshold": SOUND + "import torch\nfrom .x import *\nprint()\n"})
    (folder / "nn/Odd.toml").write_text("[torch\n")
    found = told(folder)
    assert found[0].startswith(f"{folder / 'nn/Odd.toml'}: not TOML: ")
    assert [problem.split(":")[1] for problem in found[1:]] == ["10", "11", "12"]


def test_a_rule_with_code_needs_no_other_name_and_says_nothing_about_one() -> None:
    base = {**NONE, "torch": {**NONE["torch"], "name": "torch.nn.InstanceNorm3d"}}
    made = {"layer": {"mindspore": {"any": "instance_norm"}}}
    assert problems(made, base) == [
        "[mindspore] none changes nothing: [layer.mindspore] any takes the place of the counterpart"
    ]
    assert problems({**made, "mindspore": GONE}, base) == []
    assert problems({**made, "mindspore": {"none": GONE}}, base) == []
    told = {"caution": "look at it twice here", "modal": "it drops what it likes"}
    assert problems({**made, **told, "mindspore": GONE, "class": GONE}, base) == []
    assert problems({**made, "mindspore": GONE, "class": GONE, "weights": {"weight": "gamma"}}, base) == [
        "weights changes nothing where [mindspore] has no name"
    ]
