"""What a child does by its framework: tensors, gradients, parameters and their names. Imported in a child only."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


class Torch:
    """PyTorch. Names of parameters are its own."""

    def __init__(self) -> None:
        import torch

        torch.set_num_threads(1)
        self.torch = torch
        self.nn = torch.nn

    def seed(self) -> None:
        """Make what is random the same in each run."""
        self.torch.manual_seed(0)

    def tensor(self, array: Array) -> Any:
        """A tensor of these values."""
        return self.torch.from_numpy(array)

    def is_tensor(self, value: Any) -> bool:
        """Whether this is the framework's tensor."""
        return isinstance(value, self.torch.Tensor)

    def array(self, tensor: Any) -> Array:
        """The values of a tensor."""
        found: Array = tensor.detach().numpy()
        return found

    def shape(self, tensor: Any) -> tuple[int, ...]:
        """The shape of a parameter as torch has it."""
        return tuple(tensor.shape)

    def set(self, tensor: Any, array: Array) -> None:
        """Write into a parameter or buffer."""
        with self.torch.no_grad():
            tensor.copy_(self.torch.from_numpy(array))

    def is_net(self, value: Any) -> bool:
        """Whether this holds parameters."""
        return isinstance(value, self.torch.nn.Module)

    def tensors(self, net: Any) -> dict[str, Any]:
        """Parameters and buffers by torch's names, without the counter of batches, which MindSpore has not.

        What has several names has the first here.
        """
        found: dict[int, tuple[str, Any]] = {}
        for name, value in net.state_dict(keep_vars=True).items():
            if not name.endswith("num_batches_tracked"):
                found.setdefault(id(value), (name, value))
        return dict(found.values())

    def state(self, net: Any) -> list[list[Any]]:
        """What a checkpoint would hold: name, size, whether it is trained."""
        return sorted([name, value.numel(), value.requires_grad] for name, value in self.tensors(net).items())

    def set_mode(self, net: Any, mode: str) -> None:
        """Set training or evaluation, on nets in lists and dicts too; "made" leaves it as it is."""
        for each in _flat(net):
            if mode != "made" and self.is_net(each):
                each.train(mode == "train")

    def grad(self, function: Callable[[Any], Any], x: Any) -> Any:
        """The gradient of the weighted sum of what a function gives."""
        leaf = x.detach().clone().requires_grad_()
        (function(leaf) * self.tensor(_pull(tuple(x.shape)))).sum().backward()
        return leaf.grad


class MindSpore:
    """MindSpore in PyNative mode; `weights` maps the ends of its names to torch's."""

    def __init__(self, weights: dict[str, str]) -> None:
        import mindspore

        from porter.runtime.mindspore import enable

        mindspore.set_device("CPU")
        mindspore.set_context(mode=mindspore.PYNATIVE_MODE)
        mindspore.runtime.launch_blocking()  # an error would land on a later operation
        enable()  # the native InstanceNorm has no kernel on a CPU
        self.mindspore = mindspore
        self.nn = mindspore.nn
        self.weights = sorted(weights.items(), key=lambda pair: -len(pair[0]))

    def seed(self) -> None:
        """Make what is random the same in each run."""
        self.mindspore.set_seed(0)

    def tensor(self, array: Array) -> Any:
        """A tensor of these values."""
        return self.mindspore.Tensor(array)

    def is_tensor(self, value: Any) -> bool:
        """Whether this is the framework's tensor."""
        return isinstance(value, self.mindspore.Tensor)

    def array(self, tensor: Any) -> Array:
        """The values of a tensor."""
        return np.array(tensor.asnumpy())

    def shape(self, tensor: Any) -> tuple[int, ...]:
        """The shape of a parameter as torch has it."""
        return tuple(tensor.shape)

    def set(self, tensor: Any, array: Array) -> None:
        """Write into a parameter or buffer."""
        tensor.set_data(self.mindspore.Tensor(array))

    def is_net(self, value: Any) -> bool:
        """Whether this holds parameters."""
        return isinstance(value, self.mindspore.nn.Cell)

    def tensors(self, net: Any) -> dict[str, Any]:
        """Parameters by the names that torch has for them: where they lie, whatever they are called.

        A norm without a scale has one all the same, which is not trained: torch has none, so it must keep its ones.
        """
        pairs = ((self._torch_name(path), value) for path, value in net.parameters_and_names())
        return {name: value for name, value in pairs if value.requires_grad or "running_" in name}

    def state(self, net: Any) -> list[list[Any]]:
        """What a checkpoint would hold: the name that a parameter is saved by, size, whether it is trained."""
        found = [value for _, value in net.parameters_and_names()]
        return sorted([self._torch_name(value.name), int(value.size), bool(value.requires_grad)] for value in found)

    def set_mode(self, net: Any, mode: str) -> None:
        """Set training or evaluation, on nets in lists and dicts too; "made" leaves it as it is."""
        for each in _flat(net):
            if mode != "made" and self.is_net(each):
                each.set_train(mode == "train")

    def grad(self, function: Callable[[Any], Any], x: Any) -> Any:
        """The gradient of the weighted sum of what a function gives."""
        pull = self.tensor(_pull(tuple(x.shape)))
        return self.mindspore.grad(lambda leaf: (function(leaf) * pull).sum())(x)

    def _torch_name(self, path: str) -> str:
        for end, name in self.weights:
            if path == end or path.endswith(f".{end}"):
                return path[: len(path) - len(end)] + name
        return path


def _flat(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [each for item in value.values() for each in _flat(item)]
    if isinstance(value, list | tuple):
        return [each for item in value for each in _flat(item)]
    return [value]


def _pull(shape: tuple[int, ...]) -> Array:
    return np.random.RandomState(7).uniform(-1, 1, shape).astype(np.float32)
