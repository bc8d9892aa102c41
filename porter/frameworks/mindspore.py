"""MindSpore's half of a child process."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Sequence, ValuesView
from typing import Any

import mindspore
import numpy as np
from mindspore import nn

from porter.frameworks.job import Array, Job, Tensor

Named = dict[str, tuple[Array, str]]

_FLOATS = (mindspore.float16, mindspore.float32, mindspore.float64)
_MODES = {"PyNative": mindspore.PYNATIVE_MODE, "GRAPH": mindspore.GRAPH_MODE}


class MindSpore:
    """Builds cells and functions in PyNative or GRAPH mode."""

    def __init__(self) -> None:
        mindspore.set_device("CPU")
        mindspore.runtime.launch_blocking()  # PyNative is asynchronous: an error would land on a later operation
        self.native = False

    def prepare(self, job: Job) -> None:
        """Seed, mode, and whether native layers that have no CPU kernel run by porter's own."""
        mindspore.set_seed(job.seed)
        mindspore.set_context(mode=_MODES[job.mode])
        if job.native != self.native:
            from porter.runtime import mindspore as runtime

            (runtime.enable if job.native else runtime.disable)()
            self.native = job.native

    def subject(self, entry: Callable[..., Any], job: Job) -> MindSporeSubject:
        """A layer, or a cell around a function."""
        cell = entry() if job.entry == "build" else None
        if cell is not None and not isinstance(cell, nn.Cell):
            raise TypeError(f"built {type(cell).__name__}, which is no mindspore.nn.Cell")
        return MindSporeSubject(cell, entry, job)


class MindSporeSubject:
    """A cell, or a function when `cell` is None, and the job's dtype."""

    def __init__(self, cell: nn.Cell | None, function: Callable[..., Any], job: Job) -> None:
        self.dtype = getattr(mindspore, job.dtype)
        self.cell = _Function(function) if cell is None else cell
        if cell is not None:
            cell.set_train(True)
            for parameter in cell.get_parameters():  # what torch's module.to(dtype) does
                if parameter.dtype in _FLOATS and parameter.dtype != self.dtype:
                    parameter.set_dtype(self.dtype)
        self.is_function = cell is None
        subject = _ByName(self.cell, job.by_name) if job.by_name else self.cell
        self.programme = _Programme(subject, job.mode == "PyNative")

    def tensors(self) -> list[Tensor]:
        """Parameters, trainable or not."""
        return [_described(name, value) for name, value in self._parameters().items()]

    def state(self) -> Named:
        """Value of every parameter."""
        return {name: _numpy(value) for name, value in self._parameters().items()}

    def parameters(self) -> tuple[str, ...]:
        """Names of construct's parameters."""
        return tuple(inspect.signature(self.cell.construct).parameters)

    def load(self, weights: dict[str, Array]) -> None:
        """Set what exists."""
        for name, value in self._parameters().items():
            if name in weights and weights[name].size == value.size:
                value.set_data(mindspore.Tensor(weights[name].reshape(value.shape), value.dtype))

    def probe(self, inputs: Sequence[Array]) -> Named:
        """Outputs of one forward pass."""
        return _named("output", _flat(self.cell(*[self._tensor(value) for value in inputs])))

    def step(self, inputs: Sequence[Array], cotangents: Sequence[Array], training: bool) -> Named:
        """Forward and backward in training or evaluation, by one call: running statistics move once."""
        self.programme.set_train(training)
        tensors = tuple(self._tensor(value) for value in inputs)
        sources = tuple(i for i, value in enumerate(inputs) if value.dtype.kind == "f")
        weights = {name: value for name, value in self._parameters().items() if value.requires_grad}
        found = self._mutated(inputs) if self.is_function else {}
        outputs, gradients, weight_gradients = self._differentiate(tensors, cotangents, sources, list(weights.values()))
        found.update(_named("output", outputs))
        found.update(_named("input gradient", gradients))
        pairs = zip(weights, weight_gradients, strict=True)
        found.update({f"weight gradient/{name}": _numpy(value) for name, value in pairs})
        return found

    def _mutated(self, inputs: Sequence[Array]) -> Named:
        """The inputs after one more call, in which a function may have written to them."""
        tensors = [self._tensor(value) for value in inputs]
        self.cell(*tensors)
        return _named("mutated", tensors)

    def _differentiate(
        self, inputs: tuple[Any, ...], cotangents: Sequence[Array], sources: tuple[int, ...], weights: list[Any]
    ) -> tuple[list[Any], list[Any], list[Any]]:
        pulls = tuple(self._tensor(value) for value in cotangents)
        parameters = mindspore.ParameterTuple(weights) if weights else None
        positions = tuple(index + 1 for index in sources) or None
        if positions is None and parameters is None:  # there is nothing to differentiate by
            return _flat(self.programme(pulls, *inputs)[1]), [], []
        run = mindspore.value_and_grad(self.programme, grad_position=positions, weights=parameters, has_aux=True)
        (_, outputs), found = run(pulls, *inputs)
        gradients, of_weights = found if positions and weights else (found, ()) if positions else ((), found)
        return _flat(outputs), _flat(gradients), _flat(of_weights)

    def _parameters(self) -> dict[str, Any]:
        return dict(self.cell.parameters_and_names())

    def _tensor(self, value: Array) -> Any:
        dtype = self.dtype if value.dtype.kind == "f" else None
        return mindspore.Tensor(np.ascontiguousarray(value).reshape(value.shape), dtype)


class _Programme(nn.Cell):  # type: ignore[misc]
    """Pulls each output back by its cotangent: the gradient of sum(output * cotangent)."""

    def __init__(self, subject: nn.Cell, flat: bool) -> None:
        super().__init__(auto_prefix=False)
        self.subject = subject
        self.flat = flat

    def construct(self, cotangents, *inputs):  # type: ignore[no-untyped-def]
        outputs = self.subject(*inputs)
        if self.flat and not isinstance(outputs, mindspore.Tensor):
            outputs = tuple(_flat(outputs))  # of layers, dicts and iterators; GRAPH mode knows none
        total = 0
        if isinstance(outputs, mindspore.Tensor) and outputs.dtype in _FLOATS:
            return (outputs * cotangents[0]).sum(), (outputs,)
        if not isinstance(outputs, (tuple, list)):
            return _nothing(inputs), (outputs,)
        for output, cotangent in zip(outputs, cotangents):  # noqa: B905 - GRAPH mode has no strict
            if isinstance(output, mindspore.Tensor) and output.dtype in _FLOATS:
                total = total + (output * cotangent).sum()
        return _nothing(inputs) if isinstance(total, int) else total, outputs


def _nothing(inputs: Any) -> Any:
    """A tensor for outputs that are plain numbers, of which there is no gradient."""
    return inputs[0].astype(mindspore.float32).sum() * 0 if len(inputs) > 0 else 0


class _Function(nn.Cell):  # type: ignore[misc]
    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__()
        self.function = function

    def construct(self, *inputs):  # type: ignore[no-untyped-def]
        return self.function(*inputs)


class _ByName(nn.Cell):  # type: ignore[misc]
    """Calls a layer by the name of its input."""

    def __init__(self, layer: nn.Cell, name: str) -> None:
        super().__init__(auto_prefix=False)  # the layer's parameters keep their names
        self.layer = layer
        self.name = name

    def construct(self, value):  # type: ignore[no-untyped-def]
        return self.layer(**{self.name: value})


def _flat(value: Any) -> list[Any]:
    if isinstance(value, mindspore.Tensor):
        return [value]
    if isinstance(value, (tuple, list)):
        return [tensor for item in value for tensor in _flat(item)]
    if isinstance(value, (bool, int, float)):
        return [mindspore.Tensor(value)]
    if value is None:
        return []
    if isinstance(value, np.ndarray):
        return [mindspore.Tensor(value)]
    if isinstance(value, str):
        return [mindspore.Tensor(list(value.encode()))]
    if isinstance(value, mindspore.dtype.Type):
        return _flat(str(value).rpartition(".")[2].lower())
    if type(value).__name__ == "device":
        return _flat(str(value))
    return _values(_flat(_held(value)))


def _held(value: Any) -> Any:
    """What a layer, a table or an iterator holds. Raises TypeError for anything else."""
    if isinstance(value, nn.Cell):
        pairs = [(p, p.requires_grad) for p in value.get_parameters()]
        return pairs, list(value.buffers()), value.training
    if isinstance(value, dict):
        return list(value.items())
    if isinstance(value, (Iterator, ValuesView)):
        return list(value)
    raise TypeError(f"an output of type {type(value).__name__} cannot be compared")


def _values(tensors: list[Any]) -> list[Any]:
    """Of what an object holds, values are compared, and no gradients."""
    return [mindspore.ops.stop_gradient(tensor) for tensor in tensors]


def _named(kind: str, values: Sequence[Any]) -> Named:
    return {f"{kind}/{index}": _numpy(value) for index, value in enumerate(values)}


def _described(name: str, parameter: Any) -> Tensor:
    """A checkpoint, and an optimizer, know a parameter by the name that it has itself, not by where it is found."""
    saved = "" if parameter.name == name else str(parameter.name)
    return Tensor(name, tuple(parameter.shape), _dtype(parameter), parameter.requires_grad, saved)


def _dtype(value: Any) -> str:
    return str(value.dtype).lower()


def _numpy(value: Any) -> tuple[Array, str]:
    dtype = _dtype(value)
    plain = value.astype(mindspore.float32) if dtype == "bfloat16" else value
    return np.array(plain.asnumpy()), dtype


FRAMEWORK = MindSpore
