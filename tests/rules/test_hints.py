"""What a name hints at where no rule speaks of it: the file is sound, and says what it should."""

from __future__ import annotations

import io
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from rich.console import Console

from porter.rules import hints
from porter.rules.data import is_line
from porter.rules.hints import FILE, hint_for, hint_of, read_hints
from porter.rules.load import load_rules, rule_folder
from porter.rules.pages import page_of
from tests.hints import idle_hints, main, without

PATH = rule_folder() / FILE
HINTS = read_hints(PATH)


def test_a_name_with_a_rule_has_no_hint() -> None:
    assert idle_hints(load_rules(), HINTS) == [], "python -m tests.hints takes them out"


def test_every_hint_is_of_the_framework_that_it_stands_with() -> None:
    data = tomllib.loads(PATH.read_text(encoding="utf-8"))
    assert set(data) == {"torch", "mindspore"}
    for side, entries in data.items():
        for name, (near, mind) in entries.items():
            far = "mindspore." if side == "torch" else "torch."
            assert name.startswith(f"{side}.") and (not near or near.startswith(far))
            assert is_line(mind) and mind[0] != " " and not mind.endswith((".", " ")) and len(mind) <= 120
            assert near or mind != "the same"


RESOLVE = """
import importlib, sys
def there(name):
    parts = name.split(".")
    for count in range(len(parts), 0, -1):
        try:
            found = importlib.import_module(".".join(parts[:count]))
        except ImportError:
            continue
        try:
            for part in parts[count:]:
                found = getattr(found, part)
        except AttributeError:
            continue
        return True
    return False
print(*[name for name in sys.stdin.read().split() if not there(name)])
"""


def missing(names: list[str]) -> list[str]:
    """Those of some names that the installed frameworks have not."""
    made = subprocess.run(
        [sys.executable, "-c", RESOLVE], input=" ".join(names), capture_output=True, text=True, check=True
    )
    return made.stdout.splitlines()[-1].split() if made.stdout else []


@pytest.mark.frameworks("torch", "mindspore")
def test_every_spelling_exists() -> None:
    assert missing([name for hint in HINTS.values() for name in (hint.name, hint.near) if name]) == []
    assert missing(["torch.nn.Linear", "torch.mint_cat", "mindspore.nn.Nothing"]) == [
        "torch.mint_cat",
        "mindspore.nn.Nothing",
    ]


TEXTS = {
    "torch.softmax": "the nearest known is mindspore.ops.softmax: dim is axis, and -1 by default",
    "torch.exp": "the nearest known is mindspore.ops.exp, which is called the same way",
    "torch.pi": "nothing near it is known in MindSpore: math.pi is the same number",
    "mindspore.Model": "nothing near it is known in torch: the loop of training has to be written in torch",
    "mindspore.ops.Tanh": "the nearest known is torch.tanh: Tanh()(x) is one call",
}


@pytest.fixture(autouse=True)
def some_hints(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hints that stay though rules come in."""
    known = {
        name: hints.Hint(name, near, mind)
        for name, near, mind in (
            ("torch.softmax", "mindspore.ops.softmax", "dim is axis, and -1 by default"),
            ("torch.exp", "mindspore.ops.exp", "the same"),
            ("torch.pi", "", "math.pi is the same number"),
            ("torch.fft.fft", "mindspore.ops.fft", "the same"),
            ("mindspore.Model", "", "the loop of training has to be written in torch"),
            ("mindspore.ops.Tanh", "torch.tanh", "Tanh()(x) is one call"),
        )
    }
    monkeypatch.setattr(hints, "_hints", lambda: known)


@pytest.mark.parametrize("name", TEXTS)
def test_a_hint_says_what_is_near_and_what_to_mind(name: str) -> None:
    hint = hint_for(name)
    assert hint is not None and hint.text == TEXTS[name]


@pytest.mark.parametrize(
    ("message", "name"),
    [
        ("no rule for torch.softmax", "torch.softmax"),
        ("no rule for torch.softmax; it is handed on", "torch.softmax"),
        ("no rule for torch.softmaxes", None),
        ("no rule for torch.fft", None),
        ("Net stays as it was: no rule for torch.softmax", None),
    ],
)
def test_a_hint_is_found_by_the_name_that_has_no_rule(message: str, name: str | None) -> None:
    hint = hint_of(message)
    assert (hint and hint.name) == name


PAGES = {
    "mindspore.ops.softmax": "https://www.mindspore.cn/docs/en/master/api_python/ops/mindspore.ops.softmax.html",
    "mindspore.Parameter": "https://www.mindspore.cn/docs/en/master/api_python/mindspore/mindspore.Parameter.html",
    "mindspore.nn.Dense": "https://www.mindspore.cn/docs/en/master/api_python/nn/mindspore.nn.Dense.html",
    "torch.tanh": "https://docs.pytorch.org/docs/stable/generated/torch.tanh.html",
    "torch.nn.init.zeros_": "https://docs.pytorch.org/docs/stable/nn.init.html#torch.nn.init.zeros_",
}


@pytest.mark.parametrize("name", PAGES)
def test_the_page_of_a_name(name: str) -> None:
    assert page_of(name) == PAGES[name]


def test_the_page_is_where_the_rules_say_that_it_is() -> None:
    """The order of the pages, held against every rule that links one."""
    sides = [side for rule in load_rules().rules.values() for side in (rule.torch, rule.mindspore)]
    pages = {str(side.name): side.docs for side in sides if side.docs.endswith(f"/{side.name}.html")}
    assert len(pages) > 20 and {name: page_of(name) for name in pages} == pages


def test_the_program_takes_out_what_a_rule_has_made_idle(tmp_path: Path) -> None:
    path = tmp_path / FILE
    path.write_text('# Hints.\n\n[torch]\n"torch.cat" = ["", "a b"]\n"torch.cats" = ["", "a b"]\n')
    console = Console(file=io.StringIO(), width=200)
    main(path, console)
    assert path.read_text() == '# Hints.\n\n[torch]\n"torch.cats" = ["", "a b"]\n'
    assert console.file.getvalue() == "torch.cat: a rule speaks of it\n1 lines taken out.\n"  # type: ignore[attr-defined]
    assert without(path.read_text(), []) == path.read_text()
