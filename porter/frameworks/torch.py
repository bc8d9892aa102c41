"""PyTorch's half of a child process."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Sequence, ValuesView
from typing import Any

import numpy as np
import torch

from porter.frameworks.job import Array, Job, Tensor

Named = dict[str, tuple[Array, str]]


class Torch:
    """Builds layers and functions in the dtype of the job, float64 included."""

    def __init__(self) -> None:
        torch.set_num_threads(1)

    def prepare(self, job: Job) -> None:
        """Seed, and the dtype of whatever the text creates itself."""
        torch.manual_seed(job.seed)
        torch.set_default_dtype(getattr(torch, job.dtype) if job.dtype != "float16" else torch.float32)

    def subject(self, entry: Callable[..., Any], job: Job) -> TorchSubject:
        """A layer, or a module around a function."""
        module = entry() if job.entry == "build" else _Function(entry)
        return TorchSubject(module, job)


class _Function(torch.nn.Module):  # type: ignore[misc]
    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__()
        self.function = function

    def forward(self, *inputs: Any, **named: Any) -> Any:
        return self.function(*inputs, **named)


class TorchSubject:
    """A torch module and the job's dtype."""

    def __init__(self, module: torch.nn.Module, job: Job) -> None:
        self.dtype = getattr(torch, job.dtype)
        self.by_name = job.by_name
        self.is_function = job.entry == "call"
        self.module = module.train()
        if any(torch.nn.parameter.is_lazy(p) for p in [*module.parameters(), *module.buffers()]):
            with torch.no_grad():  # a lazy layer has no tensors until it has seen an input; load() undoes the step
                self._call([self._tensor(value) for value in job.inputs[0]])
        module.to(self.dtype)

    def tensors(self) -> list[Tensor]:
        """Parameters and buffers of the state dict."""
        trainable = {name for name, value in self.module.named_parameters() if value.requires_grad}
        state = self.module.state_dict()
        return [Tensor(k, tuple(v.shape), _dtype(v), k in trainable) for k, v in state.items()]

    def state(self) -> Named:
        """The state dict."""
        return {name: _numpy(value) for name, value in self.module.state_dict().items()}

    def parameters(self) -> tuple[str, ...]:
        """Names of forward's parameters."""
        return tuple(inspect.signature(self.module.forward).parameters)

    def load(self, weights: dict[str, Array]) -> None:
        """Set what exists."""
        with torch.no_grad():
            for name, value in self.module.state_dict().items():
                if name in weights and weights[name].size == value.numel():
                    value.copy_(torch.from_numpy(weights[name]).reshape(value.shape))

    def probe(self, inputs: Sequence[Array]) -> Named:
        """Outputs of one forward pass."""
        with torch.no_grad():
            return _named("output", self._call([self._tensor(value) for value in inputs]))

    def step(self, inputs: Sequence[Array], cotangents: Sequence[Array], training: bool) -> Named:
        """Forward and backward in training or evaluation."""
        self.module.train(training)
        leaves = [self._tensor(value) for value in inputs]
        for index in self._constants(leaves) if self.is_function else ():
            leaves[index].requires_grad_(False)
        clones = [leaf.clone() for leaf in leaves]  # since a leaf cannot be changed in place
        outputs = self._call(clones)
        weights = {name: value for name, value in self.module.named_parameters() if value.requires_grad}
        floating = [leaf for leaf in leaves if leaf.is_floating_point()]
        sources = {str(index): leaf for index, leaf in enumerate(floating) if leaf.requires_grad}
        gradients = self._gradients(outputs, cotangents, [*sources.values(), *weights.values()])
        found = _named("output", outputs)
        found.update({f"input gradient/{index}": _numpy(g) for index, g in zip(sources, gradients, strict=False)})
        found.update(_named("mutated", clones) if self.is_function else {})
        pairs = zip(weights, gradients[len(sources) :], strict=True)
        found.update({f"weight gradient/{name}": _numpy(value) for name, value in pairs})
        return found

    def _constants(self, leaves: list[torch.Tensor]) -> list[int]:
        """Inputs of a function that torch does not differentiate by, such as running statistics."""
        if self._runs(leaves):
            return []
        alone = {
            i: [one.detach().requires_grad_(one is leaf) for one in leaves]
            for i, leaf in enumerate(leaves)
            if leaf.requires_grad
        }
        return [index for index, tensors in alone.items() if not self._runs(tensors)]

    def _runs(self, leaves: list[torch.Tensor]) -> bool:
        try:
            self._call([leaf.clone() for leaf in leaves])
        except RuntimeError as error:
            if "is not differentiable with respect to argument" in str(error):
                return False
            raise
        return True

    def _gradients(self, outputs: list[torch.Tensor], cotangents: Sequence[Array], sources: list[Any]) -> list[Any]:
        pairs = [(o, self._tensor(c).detach()) for o, c in zip(outputs, cotangents, strict=False) if o.requires_grad]
        if not sources or not pairs or any(o.shape != c.shape for o, c in pairs):
            return [torch.zeros_like(source) for source in sources]
        found = torch.autograd.grad([o for o, _ in pairs], sources, [c for _, c in pairs], allow_unused=True)
        return [torch.zeros_like(s) if g is None else g for s, g in zip(sources, found, strict=True)]

    def _call(self, inputs: list[torch.Tensor]) -> list[torch.Tensor]:
        if self.by_name:
            return _flat(self.module(**{self.by_name: inputs[0]}))
        return _flat(self.module(*inputs))

    def _tensor(self, value: Array) -> torch.Tensor:
        tensor = torch.from_numpy(np.ascontiguousarray(value)).reshape(value.shape)  # a scalar became one of length 1
        return tensor.to(self.dtype).requires_grad_() if tensor.is_floating_point() else tensor


def _flat(value: Any) -> list[torch.Tensor]:
    if isinstance(value, torch.Tensor):
        return [value]
    if isinstance(value, (tuple, list)):
        return [tensor for item in value for tensor in _flat(item)]
    if isinstance(value, (bool, int, float)):
        return [torch.tensor(value)]
    if value is None:
        return []
    if isinstance(value, np.ndarray):
        return [torch.from_numpy(value)]
    if isinstance(value, str):
        return [torch.tensor(list(value.encode()))]
    if isinstance(value, torch.dtype):
        return _flat(str(value).rpartition(".")[2].lower())
    if isinstance(value, torch.device):
        return _flat(str(value))
    return _values(_flat(_held(value)))


def _held(value: Any) -> Any:
    """What a layer, a table or an iterator holds. Raises TypeError for anything else."""
    if isinstance(value, torch.nn.Module):
        parts = [(p, p.requires_grad) for p in value.parameters()], list(value.buffers()), value.training
        return parts
    if isinstance(value, dict):
        return list(value.items())
    if isinstance(value, (Iterator, ValuesView)):
        return list(value)
    raise TypeError(f"an output of type {type(value).__name__} cannot be compared")


def _values(tensors: list[torch.Tensor]) -> list[torch.Tensor]:
    """Of what an object holds, values are compared, and no gradients."""
    return [tensor.detach() for tensor in tensors]


def _named(kind: str, values: Sequence[torch.Tensor]) -> Named:
    return {f"{kind}/{index}": _numpy(value) for index, value in enumerate(values)}


def _dtype(value: torch.Tensor) -> str:
    return str(value.dtype).removeprefix("torch.")


def _numpy(value: torch.Tensor) -> tuple[Array, str]:
    dtype, plain = _dtype(value), value.detach().cpu()
    return (plain.float() if dtype == "bfloat16" else plain).clone().numpy(), dtype


FRAMEWORK = Torch
