"""What is asked at run time inside `construct`, in both modes of MindSpore, and what cannot be answered."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from porter.rewrite.layers.members import HELPERS, known_members
from porter.rewrite.layers.module import layers_text
from porter.rewrite.options import Options
from tests.convert.harness import rules

pytestmark = pytest.mark.frameworks("mindspore", "numpy")

NAME = "porter_layers_of_modes"


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModuleType]:
    """A generated module: GRAPH mode reads its text, so that it is a file."""
    options, folder = Options("mindspore", "cpu"), tmp_path_factory.mktemp("modes")
    layers = [("InstanceNorm3d", rules().rules["torch.nn.InstanceNorm3d"])]
    text = layers_text(layers, options, [*known_members(rules(), options), *HELPERS], rules())
    Path(folder, f"{NAME}.py").write_text(text, encoding="utf-8")
    sys.path.insert(0, str(folder))
    yield importlib.import_module(NAME)
    sys.path.remove(str(folder))
    del sys.modules[NAME]


def built(asked: Any) -> dict[str, tuple[str, Callable[[], Any], float | None]]:
    """By what it is: a member, a layer, and the sum of the member; None for None."""
    from mindspore import nn

    class Own(nn.Cell):  # type: ignore[misc]
        weight = 5.0

    class Scaled(nn.GroupNorm):  # type: ignore[misc]
        """A layer whose groups are no one's but its own."""

        groups = 3

    return {
        "batch": ("weight", lambda: nn.BatchNorm3d(4), 4.0),
        "statistics": ("running_var", lambda: nn.BatchNorm3d(4), 4.0),
        "no statistics": ("running_var", lambda: nn.BatchNorm3d(4, use_batch_statistics=True), None),
        "group": ("weight", lambda: nn.GroupNorm(2, 4), 4.0),
        "group without affine": ("weight", lambda: nn.GroupNorm(2, 4, affine=False), None),
        "generated": ("weight", lambda: asked.InstanceNorm3d(4, affine=True), 4.0),
        "generated without affine": ("bias", lambda: asked.InstanceNorm3d(4), None),
        "native statistics": ("running_mean", lambda: nn.InstanceNorm3d(4), None),
        "number": ("num_features", lambda: nn.BatchNorm3d(4), 4.0),
        "groups": ("groups", lambda: nn.Conv3d(2, 4, 1, group=2), 2.0),
        "slope": ("negative_slope", lambda: nn.LeakyReLU(0.5), 0.5),
        "no bias": ("bias", lambda: nn.Conv3d(2, 4, 1), None),
        "own": ("weight", Own, 5.0),
        "own beside": ("groups", lambda: Scaled(2, 4), 3.0),
        "of another layer": ("eps", lambda: nn.GroupNorm(2, 4, eps=0.25), 0.25),
    }


CASES = [
    *("batch", "statistics", "no statistics", "group", "group without affine", "generated", "generated without affine"),
    *("native statistics", "number", "groups", "slope", "no bias", "own", "own beside", "of another layer"),
]


@pytest.mark.parametrize("case", CASES)
def test_inside_construct_a_member_is_what_it_is_outside(case: str, mode: str, asked: Any) -> None:
    name, make, expected = built(asked)[case]
    assert _sum_inside(getattr(asked, name), make()) == (-1.0 if expected is None else expected)


def _sum_inside(question: Any, layer: Any) -> float:
    import mindspore
    from mindspore import nn

    class Net(nn.Cell):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.layer = layer

        def construct(self, x: Any) -> Any:
            found = question(self.layer)
            if found is None:
                return x - 1.0
            return x + found * mindspore.ops.ones_like(x) if isinstance(found, (int, float)) else x + found.sum()

    return float(Net()(mindspore.Tensor(0.0)))


def test_outside_of_graph_mode_a_parameter_without_affine_is_none(pynative: None, asked: Any) -> None:
    from mindspore import nn

    assert asked.weight(nn.BatchNorm3d(4, affine=False)) is None
    assert asked.bias(nn.InstanceNorm3d(4, affine=False)) is None
    assert asked.weight(nn.BatchNorm3d(4)) is not None


def test_in_graph_mode_nobody_can_ask_whether_a_parameter_is_trained(graph: None, asked: Any) -> None:
    from mindspore import nn

    assert _sum_inside(asked.weight, nn.BatchNorm3d(4, affine=False)) == 4.0


def test_where_nothing_is_noted_of_a_layer_its_values_decide(pynative: None, asked: Any) -> None:
    import mindspore
    from mindspore import nn

    for affine, value, expected in ((False, 1, True), (False, 2, False), (True, 1, False)):
        layer = nn.BatchNorm3d(4, affine=affine)
        layer.bn2d.cell_init_args = ""
        layer.bn2d.gamma.set_data(mindspore.ops.ones(4) * value)
        assert (asked.weight(layer) is None) == expected


SENTENCES = {
    "eps": "MindSpore's layer has no eps of its own",
    "momentum": "MindSpore's layer keeps momentum in another form",
    "affine": "MindSpore's layer keeps affine in another form, or not at all",
}


@pytest.mark.parametrize("name", SENTENCES)
def test_what_the_layer_keeps_in_another_form_is_said(name: str, pynative: None, asked: Any) -> None:
    from mindspore import nn

    layer = nn.BatchNorm3d(4)
    for ask in (getattr(asked, name), lambda each: asked.get_member(each, name, "default")):
        with pytest.raises(AttributeError) as told:
            ask(layer)
        assert str(told.value) == SENTENCES[name]
    assert asked.has_member(layer, name)
    with pytest.raises(AttributeError) as told:
        asked.set_member(layer, name, 1)
    assert str(told.value) == SENTENCES[name]


@pytest.mark.parametrize("name", ["padding", "p", "eps"])
def test_a_class_that_defines_the_name_is_asked_by_it(name: str, pynative: None, asked: Any) -> None:
    from mindspore import nn

    base = {"padding": nn.Conv3d, "p": nn.Dropout3d, "eps": nn.BatchNorm3d}[name]
    own: Any = type("Own", (base,), {name: "own"})
    layer = own.__new__(own)
    nn.Cell.__init__(layer)
    assert getattr(asked, name)(layer) == asked.get_member(layer, name) == "own"


def test_a_new_parameter_keeps_the_name_of_the_one_that_it_replaces(pynative: None, asked: Any) -> None:
    from mindspore import Parameter, Tensor, nn

    net = nn.SequentialCell(nn.BatchNorm3d(4), nn.BatchNorm3d(4))
    for layer in net:
        asked.set_member(layer, "weight", Parameter(Tensor([1.0, 2.0, 3.0, 4.0])))
    assert [p.name for p in net.trainable_params()] == [*("0.bn2d.gamma", "0.bn2d.beta", "1.bn2d.gamma", "1.bn2d.beta")]
    named = Parameter(Tensor([1.0, 2.0, 3.0, 4.0]), name="mine")
    asked.set_member(net[0], "weight", named)
    assert named.name == "mine"


def test_a_network_with_a_circle_is_fresh_as_well(pynative: None, asked: Any) -> None:
    from mindspore import nn

    net, inner = nn.SequentialCell(), nn.SequentialCell(nn.ReLU())
    net.append(inner)
    inner._cells["above"] = net
    assert asked.fresh(net) is net
    assert [net.training, inner.training, inner[0].training, net.phase] == [True, True, True, "train"]
    assert len(list(asked.modules(net))) == 3
