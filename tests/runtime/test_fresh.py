"""The mode of what was just built, as the other framework has it."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.mark.frameworks("mindspore")
def test_a_cell_trains_with_all_inside_and_past_its_own_methods() -> None:
    from mindspore import nn

    from porter.runtime.standalone.mindspore.fresh import fresh

    class Net(nn.Cell):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.body = nn.SequentialCell(nn.BatchNorm3d(4), nn.Dropout3d(0.5))
            self.frozen = nn.BatchNorm3d(4)
            self.frozen.set_train(False)

        def set_train(self, mode: bool = True) -> None:
            raise AssertionError("nobody asks it")

    net = fresh(Net())
    assert net.training
    assert net.body.training
    assert net.body[0].bn2d.training
    assert net.body[1].training
    assert not net.frozen.training
    assert not net.frozen.bn2d.training


@pytest.mark.frameworks("torch")
def test_a_module_evaluates_with_all_inside_and_past_its_own_methods() -> None:
    from torch import nn

    from porter.runtime.standalone.torch.fresh import fresh

    class Net(nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.body = nn.Sequential(nn.BatchNorm3d(4), nn.Dropout3d(0.5))

        def train(self, mode: bool = True) -> Any:
            raise AssertionError("nobody asks it")

    net = fresh(Net())
    assert [module.training for module in net.modules()] == [False] * 4


@pytest.mark.parametrize("side", ["torch", "mindspore"])
def test_anything_else_is_given_back(side: str) -> None:
    from importlib import import_module

    pytest.importorskip(side)
    fresh = import_module(f"porter.runtime.standalone.{side}.fresh").fresh
    things: list[object] = [None, 3, "net", [1], object()]
    assert all(fresh(thing) is thing for thing in things)
