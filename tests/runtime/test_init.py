"""The generated initialisers: moments and bounds of a million draws, and the fans of torch exactly."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from typing import Any

import pytest

pytestmark = pytest.mark.frameworks("torch", "mindspore", "numpy")

ERRORS = 5
"""Standard errors that a moment may be off by."""
COUNT = 10**6
PROGRAM = """
import json
import numpy as np
import mindspore
import torch
from porter.runtime.standalone.mindspore import init

mindspore.set_device("CPU")
mindspore.set_seed(7)


def tensor(*shape):
    return mindspore.Tensor(np.full(shape, 3, np.float32))


def moments(name, *args, shape=(1000, 1000), **options):
    values = getattr(init, name)(tensor(*shape), *args, **options).asnumpy().astype(np.float64)
    return [values.mean(), values.var(), values.min(), values.max(), ((values - values.mean()) ** 4).mean()]


def fans(shape):
    ours = init._fans(tensor(*shape))
    return list(ours) == list(torch.nn.init._calculate_fan_in_and_fan_out(torch.empty(shape)))


def gains():
    pairs = [("linear", None), ("conv2d", None), ("sigmoid", None), ("tanh", None), ("relu", None), ("selu", None)]
    pairs += [("leaky_relu", None), ("leaky_relu", 0.3), ("leaky_relu", 2)]
    return [init.calculate_gain(*pair) == torch.nn.init.calculate_gain(*pair) for pair in pairs]


def written(make):
    parameter = mindspore.Parameter(tensor(4, 3), name="w")
    part = make(parameter)
    same = init.constant_(part, 0.5) is part
    return [same, float((parameter.asnumpy() == 0.5).mean()), type(parameter).__name__]


def repeated():
    mindspore.set_seed(3)
    first = init.normal_(tensor(50)).asnumpy()
    mindspore.set_seed(3)
    return bool((first == init.normal_(tensor(50)).asnumpy()).all())


def refused(call):
    try:
        call()
    except (TypeError, ValueError) as error:
        return f"{type(error).__name__}: {error}"


def orthogonal(shape):
    values = init.orthogonal_(tensor(*shape), gain=2.0).asnumpy().reshape(shape[0], -1)
    short = values @ values.T if values.shape[0] <= values.shape[1] else values.T @ values
    return float(np.abs(short - 4 * np.eye(len(short))).max())


print("found", json.dumps({
    "normal": moments("normal_", 0.5, 2.0),
    "uniform": moments("uniform_", -1.0, 3.0),
    "truncated": moments("trunc_normal_", 0.0, 1.0, -2.0, 2.0),
    "tail": moments("trunc_normal_", 0.0, 1.0, 2.0, 3.0),
    "he": moments("kaiming_normal_", a=0.5, mode="fan_out", shape=(100, 50, 10, 20)),
    "he uniform": moments("kaiming_uniform_", nonlinearity="relu", shape=(100, 50, 10, 20)),
    "glorot": moments("xavier_normal_", gain=3.0, shape=(100, 50, 5, 5, 8)),
    "glorot uniform": moments("xavier_uniform_", gain=3.0, shape=(100, 50, 200)),
    "fans": [fans(shape) for shape in ((4, 3), (4, 3, 5), (4, 3, 5, 2), (4, 3, 5, 2, 7))],
    "gains": gains(),
    "whole": written(lambda p: p),
    "data": written(lambda p: p.data),
    "row": written(lambda p: p[1]),
    "data row": written(lambda p: p.data[1:3]),
    "scalar": float(init.constant_(mindspore.Tensor(2.0), 5.0).asnumpy()),
    "whole numbers": str(init.ones_(mindspore.Tensor([2, 3])).dtype),
    "empty": list(init.normal_(tensor(0, 3)).shape),
    "repeated": repeated(),
    "sparse": (init.sparse_(tensor(10, 4), 0.25).asnumpy() == 0).sum(0).tolist(),
    "orthogonal": [orthogonal((6, 9)), orthogonal((9, 2, 3))],
    "refused": [
        refused(lambda: init.normal_(tensor(2), generator=1)),
        refused(lambda: init.kaiming_normal_(tensor(2))),
        refused(lambda: init.kaiming_normal_(tensor(2, 2), mode="fan")),
        refused(lambda: init.calculate_gain("gelu")),
        refused(lambda: init.calculate_gain("leaky_relu", True)),
        refused(lambda: init.eye_(tensor(2))),
        refused(lambda: init.dirac_(tensor(2, 2))),
        refused(lambda: init.dirac_(tensor(3, 2, 2), 2)),
        refused(lambda: init.sparse_(tensor(2), 0.1)),
        refused(lambda: init.orthogonal_(tensor(2))),
    ],
}))
"""


@pytest.fixture(scope="module")
def found() -> dict[str, Any]:
    command = [sys.executable, "-W", "ignore", "-c", PROGRAM]
    output = subprocess.run(command, capture_output=True, text=True, check=True, timeout=300).stdout
    (line,) = (line for line in output.splitlines() if line.startswith("found "))
    values: dict[str, Any] = json.loads(line.removeprefix("found "))
    return values


def truncated(a: float, b: float) -> tuple[float, float]:
    """Mean and variance of a standard normal between two bounds."""
    density = [math.exp(-(x**2) / 2) / math.sqrt(2 * math.pi) for x in (a, b)]
    inside = (math.erf(b / math.sqrt(2)) - math.erf(a / math.sqrt(2))) / 2
    mean = (density[0] - density[1]) / inside
    return mean, 1 + (a * density[0] - b * density[1]) / inside - mean**2


HE = 2 / (1 + 0.5**2) / (100 * 200)
HE_UNIFORM = 2 / (50 * 200)
GLOROT = 9 * 2 / (150 * 200)
INFINITE = math.inf
EXPECTED = {
    "normal": (0.5, 4.0, -INFINITE, INFINITE),
    "uniform": (1.0, 16 / 12, -1.0, 3.0),
    "truncated": (*truncated(-2, 2), -2.0, 2.0),
    "tail": (*truncated(2, 3), 2.0, 3.0),
    "he": (0.0, HE, -INFINITE, INFINITE),
    "he uniform": (0.0, HE_UNIFORM, -math.sqrt(3 * HE_UNIFORM), math.sqrt(3 * HE_UNIFORM)),
    "glorot": (0.0, GLOROT, -INFINITE, INFINITE),
    "glorot uniform": (0.0, GLOROT, -math.sqrt(3 * GLOROT), math.sqrt(3 * GLOROT)),
}


@pytest.mark.parametrize("name", EXPECTED)
def test_a_million_draws_have_the_moments_and_bounds(found: dict[str, Any], name: str) -> None:
    mean, variance, low, high = EXPECTED[name]
    drawn_mean, drawn_variance, least, greatest, fourth = found[name]
    assert abs(drawn_mean - mean) <= ERRORS * math.sqrt(variance / COUNT)
    assert abs(drawn_variance - variance) <= ERRORS * math.sqrt((fourth - variance**2) / COUNT)
    if high < INFINITE:
        assert low - 1e-6 <= least <= low + (high - low) / 1000
        assert high - (high - low) / 1000 <= greatest <= high + 1e-6


def test_fans_and_gains_are_those_of_torch(found: dict[str, Any]) -> None:
    assert found["fans"] == [True] * 4
    assert found["gains"] == [True] * 9


def test_what_is_filled_is_filled_where_it_is(found: dict[str, Any]) -> None:
    """A parameter, its data, and a part of either."""
    assert found["whole"] == found["data"] == [True, 1.0, "Parameter"]
    assert found["row"] == [True, 0.25, "Parameter"]
    assert found["data row"] == [True, 0.5, "Parameter"]
    assert (found["scalar"], found["whole numbers"], found["empty"]) == (5.0, "Int64", [0, 3])


def test_a_seed_repeats_the_draws(found: dict[str, Any]) -> None:
    assert found["repeated"]


def test_sparse_and_orthogonal_are_exact(found: dict[str, Any]) -> None:
    assert found["sparse"] == [3] * 4
    assert max(found["orthogonal"]) < 1e-5


def test_what_torch_refuses_is_refused(found: dict[str, Any]) -> None:
    fans = "ValueError: Fan in and fan out can not be computed for tensor with fewer than 2 dimensions"
    assert found["refused"] == [
        "TypeError: generator: MindSpore draws by the seed of the program, mindspore.set_seed",
        fans,
        "ValueError: Mode fan not supported, please use one of ['fan_in', 'fan_out']",
        "ValueError: Unsupported nonlinearity gelu",
        "ValueError: negative_slope True not a valid number",
        "ValueError: Only tensors with 2 dimensions are supported",
        "ValueError: Only tensors with 3, 4, or 5 dimensions are supported",
        "ValueError: dim 0 must be divisible by groups",
        "ValueError: Only tensors with 2 dimensions are supported",
        "ValueError: Only tensors with 2 or more dimensions are supported",
    ]
