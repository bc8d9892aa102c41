"""Runs a program against the recorders: both frameworks, and the generated module, are modules that hold them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any
from unittest import mock

from . import recorders as r
from .recorders import Meaning

Recorder = Callable[..., Meaning]
# (where torch has it, where MindSpore has it, torch's recorder, MindSpore's)
PAIRS: list[tuple[str, str, Recorder, Recorder]] = [
    *(
        (f"nn.InstanceNorm{n}d", f"nn.InstanceNorm{n}d", r.torch_instance_norm, r.mindspore_instance_norm)
        for n in (1, 2, 3)
    ),
    ("nn.BatchNorm3d", "nn.BatchNorm3d", r.torch_batch_norm, r.mindspore_batch_norm),
    ("nn.Conv3d", "nn.Conv3d", r.torch_conv, r.mindspore_conv),
    ("nn.ConvTranspose3d", "nn.Conv3dTranspose", r.torch_conv_transpose, r.mindspore_conv_transpose),
    ("nn.MaxPool3d", "nn.MaxPool3d", r.torch_max_pool, r.mindspore_max_pool),
    ("nn.LeakyReLU", "nn.LeakyReLU", r.torch_leaky_relu, r.mindspore_leaky_relu),
    ("nn.ReLU", "nn.ReLU", r.torch_relu, r.mindspore_relu),
    ("nn.Dropout3d", "nn.Dropout3d", r.torch_dropout, r.mindspore_dropout),
    ("cat", "ops.cat", r.torch_cat, r.mindspore_cat),
]


def _modules(layers: str) -> dict[str, ModuleType]:
    made: dict[str, ModuleType] = {}
    for name in ("torch", "torch.nn", "mindspore", "mindspore.nn", "mindspore.ops", "porter_layers"):
        made[name] = ModuleType(name)
        parent, _, last = name.rpartition(".")
        if parent:
            setattr(made[parent], last, made[name])
    made["porter_layers"].fresh = lambda net: net  # type: ignore[attr-defined]
    for torch_name, mindspore_name, torch_side, mindspore_side in PAIRS:
        for root, name, side in (("torch", torch_name, torch_side), ("mindspore", mindspore_name, mindspore_side)):
            folder, _, last = f"{root}.{name}".rpartition(".")
            setattr(made[folder], last, side)
            if root == layers:
                setattr(made["porter_layers"], last, side)
    vars(made["porter_layers"])["fresh"] = lambda layer: layer  # a mode is no argument of a call
    return made


@contextmanager
def installed(layers: str) -> Iterator[None]:
    """Both frameworks replaced by recorders; `layers`: whose signatures porter_layers has."""
    with mock.patch.dict(sys.modules, _modules(layers)):
        yield


def run(text: str, layers: str = "torch") -> Any:
    """Run a program and give its `result`; an error is given as its type, since both programs may refuse."""
    space: dict[str, Any] = {}
    with installed(layers):
        exec(compile(text, "program", "exec"), space)
    return space["result"]
