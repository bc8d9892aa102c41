"""What a generated module answers about an object, compared with what the object answers in its own framework."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from porter.rewrite.layers.members import HELPERS, known_members
from porter.rewrite.layers.module import layers_text
from porter.rewrite.options import Options
from porter.rules.model import Framework
from tests.convert.harness import rules
from tests.programs.children import Children

FIXTURES = Path(__file__).parents[2] / "fixtures" / "members"
LAYER = {"torch": "torch.nn.InstanceNorm3d", "mindspore": "mindspore.nn.InstanceNorm3d"}

pytestmark = pytest.mark.frameworks("torch", "mindspore", "numpy")


@pytest.fixture(scope="module")
def children() -> Iterator[Children]:
    children = Children()
    for side in ("torch", "mindspore"):
        children[side].start()
    yield children
    children.close()


def module_text(to: Framework, platform: str = "cpu") -> str:
    """A generated module that can ask for everything, and has a layer of its own."""
    options = Options(to, platform)
    rule = rules().find(LAYER[options.source], options.source)
    assert rule is not None
    members = [*known_members(rules(), options), *HELPERS]
    return layers_text([("InstanceNorm3d", rule)], options, members, rules())


def texts(**names: str) -> dict[str, str]:
    """Files of `fixtures/members` by the names that they get where they run."""
    return {f"{name}.py": (FIXTURES / f"{file}.py").read_text(encoding="utf-8") for name, file in names.items()}


def dictionary(value: Any) -> Any:
    """What a child gives, with its dictionaries as such again."""
    if isinstance(value, dict) and set(value) == {"dict"}:
        return {key: dictionary(each) for key, each in value["dict"]}
    return value


def answers(children: Children, side: str, files: dict[str, str], start: str = "main") -> Any:
    reply = children[side].run(files, start)
    assert "error" not in reply, reply
    return dictionary(reply["result"])


@pytest.fixture(scope="module")
def torchs(children: Children) -> Any:
    return answers(children, "torch", texts(main="main", others="others", nets="nets_torch", ask="ask_itself"))


@pytest.fixture(scope="module", params=["cpu", "gpu"])
def mindspores(request: pytest.FixtureRequest, children: Children) -> Any:
    files = texts(main="main", others="others", nets="nets_mindspore", ask="ask_layers")
    return answers(children, "mindspore", files | {"porter_layers.py": module_text("mindspore", request.param)})


KNOWN = {
    ("nets", "generated instance without shift"): "its shift is frozen zeros: nothing tells it from a frozen shift",
    ("assigned", "generated instance without shift"): "the same",
    ("assigned", "generated instance without affine"): "a scale that is given it brings a frozen shift of zeros along",
    ("assigned", "group without affine"): "the same",
    ("nets", "own weight"): "a layer that never ran its own constructor has options that cannot be read",
}
"""What differs, and why nothing better is possible. The differences are counted, so that no other one joins them."""
COUNTS = {"nets": 15 + 4, "assigned": 3}

PARTS = ["modes", "nets", "others", "assigned", "assigned others"]


@pytest.mark.parametrize("part", PARTS)
def test_every_answer_is_torchs_own(part: str, torchs: Any, mindspores: Any) -> None:
    known = [name for kind, name in KNOWN if kind == part]
    expected, found = ({k: v for k, v in each[part].items() if k not in known} for each in (torchs, mindspores))
    assert differences(expected, found) == []
    assert len(differences(torchs[part], mindspores[part])) == COUNTS.get(part, 0)


def differences(expected: Any, found: Any, path: str = "") -> list[str]:
    if isinstance(expected, dict) and isinstance(found, dict):
        assert expected.keys() == found.keys()
        return [line for key in expected for line in differences(expected[key], found[key], f"{path} / {key}")]
    return [] if expected == found else [f"{path}: {found} where {expected} is expected"]


@pytest.fixture(scope="module")
def back(children: Children) -> tuple[Any, Any]:
    """MindSpore's own answers, and those of the module that a conversion back generates."""
    common = {"main_back": "main_back", "main": "main", "others": "others"}
    own = texts(nets="back_mindspore", ask="ask_itself", **common)
    asked = texts(nets="back_torch", ask="ask_layers", **common) | {"porter_layers.py": module_text("torch")}
    return answers(children, "mindspore", own, "main_back"), answers(children, "torch", asked, "main_back")


@pytest.mark.parametrize("part", PARTS)
def test_on_the_way_back_every_answer_is_mindspores_own(part: str, back: tuple[Any, Any]) -> None:
    assert differences(back[0][part], back[1][part]) == []
