"""Cases for members of layers, and arguments that a generated function does not take."""

from __future__ import annotations

from typing import Any

import pytest

from porter.convert import Options, convert_text
from porter.errors import RuleError
from porter.rules.cases import is_construction
from porter.rules.load import rule_from_data
from tests.convert.harness import rules

DOCS = "https://docs.pytorch.org/docs/stable/x.html"
CASE = {"args": "", "input": [2, 3]}


def problems(name: str, case: dict[str, Any], **more: Any) -> list[str]:
    data = {
        "torch": {"name": f"torch.{name.replace('/', '.')}", "signature": "", "docs": DOCS},
        "becomes": {"mindspore": [{"write": "{self}"}]},
        "check": [CASE | case],
    }
    try:
        rule_from_data(name, data | more)
    except RuleError as error:
        return [problem.removeprefix(f"{name}: ") for problem in error.problems]
    return []


def test_a_case_of_a_layer_s_member_says_what_the_layer_is() -> None:
    where = "[[check]] 1 args ''"
    assert problems("nn/Module/cpu", {"object": "torch.nn.ReLU()"}) == []
    assert problems("nn/Module/cpu", {}) == [f"{where}: object is missing, the layer whose member it is"]
    (problem,) = problems("nn/Module/cpu", {"object": "open('x')"})
    expected = f"{where}: the object \"open('x')\" is no layer of torch, made of literals and such layers"
    assert problem == expected
    (problem,) = problems("Tensor/cpu", {"object": "torch.nn.ReLU()"})
    assert problem == f"{where}: object changes nothing, only a member of a layer has one"


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("torch.nn.Sequential(torch.nn.Conv3d(2, 3, kernel_size=1), torch.nn.ReLU())", True),
        ("torch.nn.ReLU", False),
        ("torch.load('x')", False),
        ("torch.nn.ReLU(open('x'))", False),
        ("torch.nn.ReLU(**x)", False),
        ("torch.nn.ReLU().half()", False),
        ("mindspore.nn.ReLU()", False),
        ("torch.nn.ReLU(", False),
    ],
)
def test_an_object_is_built_of_layers_and_literals(text: str, is_one: bool) -> None:
    assert is_construction(text, "torch") is is_one


def test_what_a_function_refuses_is_said_of_its_parameter() -> None:
    data = {
        "torch": {"name": "torch.normal_", "signature": "x, generator=None", "docs": DOCS},
        "layer": {"mindspore": {"any": "init"}},
    }
    kept = {"when": {"other": {"write": "keep", "note": "there are no generators"}}}
    assert rule_from_data("normal_", data | {"param": {"generator": kept}}).params["generator"].when[0].is_other
    with pytest.raises(RuleError) as raised:
        rule_from_data("normal_", data | {"param": {"generator": {"note": "there are no generators"}}})
    assert raised.value.problems == ("normal_: param changes nothing where [mindspore] has no name",)


APPLIED = {
    "a lambda": ("net.apply(lambda m: None)", ""),
    "a function": ("net.apply(fill)", ""),
    "a partial one": ("net.apply(partial(fill, a=1))", ""),
    "an object of the tree": ("net.apply(Fill())", ""),
    "another's": ("net.apply(given)", "the function is not of this tree: it is given MindSpore's layers"),
    "of a package": ("net.apply(other.fill)", "the function is not of this tree: it is given MindSpore's layers"),
}


@pytest.mark.parametrize("what", APPLIED)
def test_only_a_function_that_is_not_of_the_tree_is_told(what: str) -> None:
    call, message = APPLIED[what]
    text = (
        "from functools import partial\n\nimport other\nfrom torch import nn\n\n\ndef fill(m, a=0):\n    pass\n\n\n"
        f"class Fill:\n    def __call__(self, m):\n        pass\n\n\n"
        f"def use(given):\n    net = nn.Conv3d(2, 3, 1)\n    {call}\n"
    )
    result = convert_text(text, rules(), Options("mindspore"))
    assert f"porter_layers.apply(net, {call.partition('(')[2]}" in result.text
    assert [finding.message for finding in result.findings] == [message][: len(message)]


def test_what_super_gives_is_asked_by_the_base_s_function() -> None:
    text = (
        "from torch import nn\n\n\nclass Net(nn.Module):\n    def half(self):\n        return super().half()\n\n"
        "    def cuda(self, device=None):\n        return super().cuda()\n\n"
        "    def train(self, mode=True):\n        return super().train(mode)\n"
    )
    there = convert_text(text, rules(), Options("mindspore")).text
    assert "return porter_layers.base_half(self)\n" in there
    assert "return self\n" in there
    assert "return super().set_train(mode)\n" in there


CHAINS = {
    "net.half().cpu()\n    net(x)": "porter_layers.any_cpu(porter_layers.any_half(net))\n",
    "net.half().cpu()": "    porter_layers.any_cpu(net.half())\n",
}


@pytest.mark.parametrize("code", CHAINS)
def test_what_a_layer_gives_back_is_asked_as_well(code: str) -> None:
    text = f"from torch import nn\n\nnn.ReLU()\n\n\ndef use(net, x):\n    {code}\n"
    assert CHAINS[code] in convert_text(text, rules(), Options("mindspore")).text


def test_a_statement_that_goes_is_a_site() -> None:
    result = convert_text("from torch import nn\n\nnet = nn.ReLU()\nnet.cuda()\n", rules(), Options("mindspore"))
    assert ("net.cuda()", "", 4) in [(site.before, site.after, site.line) for site in result.sites]


@pytest.mark.parametrize(("owner", "left"), [("net", False), ("made()", True)])
def test_a_call_that_may_act_is_not_lost(owner: str, left: bool) -> None:
    """`zero_grad` leaves nothing of its object; a call in its place may do something."""
    text = f"from torch import nn\n\n\ndef made():\n    return nn.ReLU()\n\n\nnet = made()\n{owner}.zero_grad()\n"
    result = convert_text(text, rules(), Options("mindspore")).text
    assert ("zero_grad" in result) is left


BUFFERS = {
    "self.mean = x": True,
    "self.mean += x": True,
    "self.mean = None": False,
    "self.mean[:] = x": False,
    "self.other = x": False,
}


@pytest.mark.parametrize("statement", BUFFERS)
def test_a_registered_buffer_that_is_set_is_told(statement: str) -> None:
    text = (
        "from torch import nn\n\n\nclass Net(nn.Module):\n    def __init__(self, x):\n        super().__init__()\n"
        f"        self.register_buffer('mean', x)\n\n    def forward(self, x):\n        {statement}\n        return x\n"
    )
    messages = [finding.message for finding in convert_text(text, rules(), Options("mindspore")).findings]
    told = "the buffer mean is set elsewhere, which MindSpore refuses: write into it, as in self.mean[:] = .."
    assert (told in messages) is BUFFERS[statement]
