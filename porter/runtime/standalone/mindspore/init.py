"""torch.nn.init: functions that fill a parameter, or a tensor, where it is, and give it back.

The numbers are drawn by MindSpore, so `mindspore.set_seed` repeats them; those of torch for the same seed are others.
`tensor[:] = values` is the one way that also writes through `parameter.data` and through a part of a tensor.
Contract: https://docs.pytorch.org/docs/2.13/nn.init.html
"""

from __future__ import annotations

import math
import warnings
from typing import Any

import mindspore
import numpy as np
from mindspore import _no_grad, ops

_LINEAR = ("linear", "conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d")


def calculate_gain(nonlinearity: str, param: Any = None) -> float:
    """The factor that keeps the variance across a function. Raises ValueError for a name that is not known."""
    if nonlinearity in _LINEAR or nonlinearity == "sigmoid":
        return 1
    if nonlinearity == "leaky_relu":
        if param is not None and (isinstance(param, bool) or not isinstance(param, (int, float))):
            raise ValueError(f"negative_slope {param} not a valid number")
        slope = 0.01 if param is None else param
        return math.sqrt(2.0 / (1 + slope**2))
    gains = {"tanh": 5.0 / 3, "relu": math.sqrt(2.0), "selu": 3.0 / 4}
    if nonlinearity not in gains:
        raise ValueError(f"Unsupported nonlinearity {nonlinearity}")
    return gains[nonlinearity]


def _write(tensor: Any, values: Any) -> Any:
    """Put the values in place of the tensor's own, in its dtype."""
    filled = mindspore.Tensor(np.ascontiguousarray(values, np.float32)).astype(tensor.dtype)
    if mindspore.float64 == tensor.dtype:
        filled = mindspore.Tensor(np.ascontiguousarray(values, np.float64))
    if getattr(tensor, "has_init", False):
        tensor.set_data(filled.reshape(tensor.shape))
    elif tensor.size > 0:
        with _no_grad():
            if tensor.ndim == 0:
                tensor.copy_(filled.reshape(()))
            else:
                tensor[:] = filled.reshape(tensor.shape)
    return tensor


def _refuse(generator: Any) -> None:
    if generator is not None:
        raise TypeError("generator: MindSpore draws by the seed of the program, mindspore.set_seed")


def _normal(shape: Any, mean: float = 0.0, std: float = 1.0) -> Any:
    if math.prod(shape) == 0:
        return np.zeros(shape)
    return mean + std * ops.standard_normal((math.prod(shape),)).asnumpy().astype(np.float64).reshape(shape)


def _uniform(shape: Any, a: float = 0.0, b: float = 1.0) -> Any:
    """Numbers of [a, b); the greatest that rounds to `b` becomes `a`, as torch does."""
    if math.prod(shape) == 0:
        return np.zeros(shape)
    drawn = a + (b - a) * ops.rand(math.prod(shape)).asnumpy().astype(np.float64).reshape(shape)
    return np.where(drawn.astype(np.float32) >= np.float32(b), a, drawn)


def _fans(tensor: Any) -> tuple[int, int]:
    """How many inputs and outputs each number of a weight connects. Raises ValueError below two dimensions."""
    if tensor.ndim < 2:
        raise ValueError("Fan in and fan out can not be computed for tensor with fewer than 2 dimensions")
    field = math.prod(tensor.shape[2:])
    return tensor.shape[1] * field, tensor.shape[0] * field


def _kaiming(tensor: Any, a: float, mode: str, nonlinearity: str) -> float:
    """The standard deviation that keeps a layer's variance forward (fan_in) or backward (fan_out)."""
    modes = ("fan_in", "fan_out")
    if mode.lower() not in modes:
        raise ValueError(f"Mode {mode.lower()} not supported, please use one of {list(modes)}")
    return calculate_gain(nonlinearity, a) / math.sqrt(_fans(tensor)[modes.index(mode.lower())])


def kaiming_normal_(
    tensor: Any, a: float = 0, mode: str = "fan_in", nonlinearity: str = "leaky_relu", generator: Any = None
) -> Any:
    """Normal numbers of mean 0 and the standard deviation gain / sqrt(fan)."""
    _refuse(generator)
    if 0 in tensor.shape:
        warnings.warn("Initializing zero-element tensors is a no-op", stacklevel=2)
        return tensor
    return _write(tensor, _normal(tensor.shape, 0.0, _kaiming(tensor, a, mode, nonlinearity)))


def kaiming_uniform_(
    tensor: Any, a: float = 0, mode: str = "fan_in", nonlinearity: str = "leaky_relu", generator: Any = None
) -> Any:
    """Numbers of [-bound, bound) with the standard deviation gain / sqrt(fan)."""
    _refuse(generator)
    if 0 in tensor.shape:
        warnings.warn("Initializing zero-element tensors is a no-op", stacklevel=2)
        return tensor
    bound = math.sqrt(3.0) * _kaiming(tensor, a, mode, nonlinearity)
    return _write(tensor, _uniform(tensor.shape, -bound, bound))


def xavier_normal_(tensor: Any, gain: float = 1.0, generator: Any = None) -> Any:
    """Normal numbers of mean 0 and the standard deviation gain * sqrt(2 / (fan_in + fan_out))."""
    _refuse(generator)
    return _write(tensor, _normal(tensor.shape, 0.0, gain * math.sqrt(2.0 / sum(_fans(tensor)))))


def xavier_uniform_(tensor: Any, gain: float = 1.0, generator: Any = None) -> Any:
    """Numbers of [-bound, bound) with the standard deviation gain * sqrt(2 / (fan_in + fan_out))."""
    _refuse(generator)
    bound = math.sqrt(3.0) * gain * math.sqrt(2.0 / sum(_fans(tensor)))
    return _write(tensor, _uniform(tensor.shape, -bound, bound))


def normal_(tensor: Any, mean: float = 0.0, std: float = 1.0, generator: Any = None) -> Any:
    """Normal numbers."""
    _refuse(generator)
    return _write(tensor, _normal(tensor.shape, mean, std))


def uniform_(tensor: Any, a: float = 0.0, b: float = 1.0, generator: Any = None) -> Any:
    """Numbers of [a, b)."""
    _refuse(generator)
    return _write(tensor, _uniform(tensor.shape, a, b))


def trunc_normal_(
    tensor: Any, mean: float = 0.0, std: float = 1.0, a: float = -2.0, b: float = 2.0, generator: Any = None
) -> Any:
    """Normal numbers, those outside of [a, b] drawn again. `a` and `b` are values, not numbers of deviations."""
    _refuse(generator)
    if mean < a - 2 * std or mean > b + 2 * std:
        warnings.warn("mean is more than 2 std from [a, b] in nn.init.trunc_normal_", stacklevel=2)
    inside = 0.5 * (math.erf((b - mean) / std / math.sqrt(2.0)) - math.erf((a - mean) / std / math.sqrt(2.0)))
    count, kept = math.prod(tensor.shape), np.zeros(0)
    while kept.size < count:
        kept = np.concatenate([kept, _within(2 * (count - kept.size) + 16, mean, std, a, b, inside)])
    return _write(tensor, kept[:count].reshape(tensor.shape))


def _within(count: int, mean: float, std: float, a: float, b: float, inside: float) -> Any:
    """Normal numbers of [a, b], up to `count` of them: far from the mean, most normal ones would be thrown away."""
    if inside > 0.3:
        drawn = _normal((count,), mean, std)
        return drawn[(drawn >= a) & (drawn <= b)]
    drawn, peak = _uniform((count,), a, b), (max(a, min(mean, b)) - mean) / std
    density = np.exp(-0.5 * ((drawn - mean) / std) ** 2 + 0.5 * peak**2)
    return drawn[_uniform((count,)) < density]


def constant_(tensor: Any, val: float) -> Any:
    """One value everywhere."""
    return _write(tensor, np.full(tensor.shape, val, np.float64))


def ones_(tensor: Any) -> Any:
    """1 everywhere."""
    return constant_(tensor, 1.0)


def zeros_(tensor: Any) -> Any:
    """0 everywhere."""
    return constant_(tensor, 0.0)


def eye_(tensor: Any) -> Any:
    """1 on the diagonal of a matrix, and 0 elsewhere."""
    if tensor.ndim != 2:
        raise ValueError("Only tensors with 2 dimensions are supported")
    return _write(tensor, np.eye(*tensor.shape))


def dirac_(tensor: Any, groups: int = 1) -> Any:
    """The weight of a convolution that gives back its input, in each group as many channels as there are."""
    if tensor.ndim not in (3, 4, 5):
        raise ValueError("Only tensors with 3, 4, or 5 dimensions are supported")
    if tensor.shape[0] % groups != 0:
        raise ValueError("dim 0 must be divisible by groups")
    values, size = np.zeros(tensor.shape), tensor.shape[0] // groups
    middle = tuple(length // 2 for length in tensor.shape[2:])
    for group in range(groups):
        for channel in range(min(size, tensor.shape[1])):
            values[(group * size + channel, channel, *middle)] = 1
    return _write(tensor, values)


def orthogonal_(tensor: Any, gain: float = 1, generator: Any = None) -> Any:
    """Rows, or columns where there are fewer, that are orthogonal and of length `gain`."""
    _refuse(generator)
    if tensor.ndim < 2:
        raise ValueError("Only tensors with 2 or more dimensions are supported")
    if 0 in tensor.shape:
        return tensor
    rows, columns = tensor.shape[0], math.prod(tensor.shape[1:])
    drawn = _normal((max(rows, columns), min(rows, columns)))
    q, r = np.linalg.qr(drawn)
    q = q * np.sign(np.diag(r))  # without it, the choice would not be uniform
    return _write(tensor, gain * (q.T if rows < columns else q).reshape(tensor.shape))


def sparse_(tensor: Any, sparsity: float, std: float = 0.01, generator: Any = None) -> Any:
    """Normal numbers, of which this part of each column is 0."""
    _refuse(generator)
    if tensor.ndim != 2:
        raise ValueError("Only tensors with 2 dimensions are supported")
    rows, columns = tensor.shape
    values, order = _normal((rows, columns), 0.0, std), np.argsort(_uniform((rows, columns)), axis=0)
    np.put_along_axis(values, order[: math.ceil(sparsity * rows)], 0.0, axis=0)
    return _write(tensor, values)
