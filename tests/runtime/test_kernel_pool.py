"""Memory of dead outputs, lent again: only when nothing shows it any more, and only so much of it."""

from __future__ import annotations

import gc
import os
import pickle
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

from porter.runtime.kernel import loader

pytestmark = [pytest.mark.frameworks("numpy"), pytest.mark.usefixtures("pool")]
SHAPE = (2, 4, 32, 32, 32)
MIB = 1 << 20


@pytest.fixture
def pool(kernel: None) -> Iterator[Any]:
    """An empty pool of 64 MiB."""
    library = loader.library()
    assert library is not None
    library.porter_limit_pool(0)
    library.porter_limit_pool(64 * MIB)
    yield library
    library.porter_limit_pool(loader.pool_limit())


def array(seed: float = 0) -> Any:
    return np.random.default_rng(int(seed)).standard_normal(SHAPE, np.float32)


def normalize(x: Any) -> Any:
    from porter.runtime.kernel.numpy import instance_norm

    return instance_norm(x).output


def normalize_torch(x: Any, **kwargs: Any) -> Any:
    import torch

    from porter.runtime.kernel.torch import instance_norm

    return instance_norm(torch.from_numpy(x), **kwargs)


def address(array: Any) -> int:
    return int(array.ctypes.data if isinstance(array, np.ndarray) else array.data_ptr())


FUNCTIONS = [normalize, pytest.param(normalize_torch, marks=pytest.mark.frameworks("torch"))]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_memory_is_lent_again(function: Any) -> None:
    assert len({address(function(array(i))) for i in range(5)}) == 1


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize(
    "view", [lambda y: y[1:, :, ::3], lambda y: y.reshape(-1), lambda y: np.asarray(y), lambda y: memoryview(y.data)]
)
def test_not_while_a_view_lives(function: Any, view: Any) -> None:
    y = function(array())
    kept = view(y if function is normalize else y.numpy())
    before, where = np.array(kept), address(y)
    del y
    gc.collect()
    others = [function(array(i)) for i in range(1, 4)]
    assert where not in {address(other) for other in others}
    np.testing.assert_array_equal(np.array(kept), before)


@pytest.mark.frameworks("torch")
def test_not_while_autograd_needs_it() -> None:
    import torch

    from porter.runtime.kernel.torch import instance_norm

    x = torch.from_numpy(array()).requires_grad_()
    y = instance_norm(x)
    loss = (y * y).sum()
    expected = 2 * y.detach().clone()
    del y
    others = [normalize_torch(array(i)) for i in range(1, 4)]
    (gradient,) = torch.autograd.grad(loss, x)
    truth = torch.autograd.grad(torch.nn.functional.instance_norm(x), x, expected)[0]
    torch.testing.assert_close(gradient, truth, rtol=1e-3, atol=1e-4)
    assert len(others) == 3


@pytest.mark.frameworks("torch")
def test_gradients_come_from_it_too(pool: Any) -> None:
    import torch

    from porter.runtime.kernel.torch import instance_norm

    x = torch.from_numpy(array()).requires_grad_()
    y = instance_norm(x)
    gradient = torch.autograd.grad(y.sum(), x)[0]
    assert pool.porter_idle_bytes() == 0
    del y, gradient
    assert pool.porter_idle_bytes() == 2 * MIB


@pytest.mark.frameworks("torch")
@pytest.mark.parametrize("last", [False, True], ids=["first", "last"])
@pytest.mark.parametrize("dtype", ["float64", "float32", "float16", "bfloat16"])
def test_every_type_and_layout_of_torch(dtype: str, last: bool, pool: Any) -> None:
    import torch

    from porter.runtime.kernel.torch import instance_norm

    x = torch.from_numpy(array()).to(getattr(torch, dtype))
    x = x.to(memory_format=torch.channels_last_3d) if last else x
    y = instance_norm(x)
    assert (y.dtype, y.shape, y.stride()) == (x.dtype, x.shape, x.stride())
    pool.porter_limit_pool(0)
    assert torch.equal(instance_norm(x), y)


@pytest.mark.frameworks("torch")
def test_what_else_torch_does_with_a_tensor() -> None:
    import torch

    y = normalize_torch(array())
    expected = y.clone()
    assert torch.equal(pickle.loads(pickle.dumps(y)), expected)
    assert torch.equal(y.clone().share_memory_(), expected) and torch.equal(y.share_memory_(), expected)
    y = normalize_torch(array())
    assert torch.equal(y.resize_(1, *SHAPE[1:]), expected[:1])
    with pytest.raises(RuntimeError, match="not resizable"):
        y.resize_(5, *SHAPE[1:])
    assert torch.equal(normalize_torch(array()).mul_(2), expected * 2)


def test_pickled_arrays() -> None:
    y = normalize(array())
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(y)), y)


def test_what_lies_idle_is_bounded(pool: Any) -> None:
    outputs = [normalize(array(i)) for i in range(70)]
    assert pool.porter_idle_bytes() == 0
    outputs.clear()
    assert pool.porter_idle_bytes() == 64 * MIB
    pool.porter_limit_pool(3 * MIB)
    assert pool.porter_idle_bytes() == 3 * MIB
    pool.porter_limit_pool(0)
    y = normalize(array())
    assert y.base is None and pool.porter_idle_bytes() == 0


def test_a_block_serves_what_it_fits(pool: Any) -> None:
    """Not something much smaller, which would hold it for long."""
    large = pool.porter_take(10 * MIB)
    pool.porter_give(large)
    small = pool.porter_take(2 * MIB)
    again = pool.porter_take(9 * MIB)
    assert small != large and again == large
    pool.porter_give(large)
    pool.porter_give(large)  # not lent: nothing happens
    assert pool.porter_idle_bytes() == 10 * MIB
    pool.porter_give(small)


def test_small_outputs_own_their_memory(pool: Any) -> None:
    x = np.ones((1, 2, 100), np.float32)
    assert normalize(x).flags.owndata and pool.porter_idle_bytes() == 0


def test_threads_do_not_share_a_block() -> None:
    xs = [array(i) for i in range(4)]
    truths = [normalize(x) for x in xs]

    def work(i: int) -> bool:
        return all(np.array_equal(normalize(xs[(i + k) % 4]), truths[(i + k) % 4]) for k in range(20))

    with ThreadPoolExecutor(4) as executor:
        assert all(executor.map(work, range(8)))


def test_a_fork_has_a_pool_of_its_own() -> None:
    y = normalize(array())
    before = y.copy()
    child = os.fork()
    if not child:
        y[:] = 0
        ok = address(normalize(array(1))) != address(y)
        os._exit(0 if ok else 1)
    assert os.waitpid(child, 0)[1] == 0
    np.testing.assert_array_equal(y, before)


@pytest.mark.frameworks("torch")
@pytest.mark.parametrize("value", ["512", "0"])
def test_outputs_may_live_until_the_end(value: str) -> None:
    code = (
        "import builtins, numpy, torch\n"
        "from porter.runtime.kernel import numpy as n, torch as t\n"
        "x = numpy.ones((1, 4, 100000), 'float32')\n"
        "builtins.kept = n.instance_norm(x).output, t.instance_norm(torch.from_numpy(x).requires_grad_())\n"
        "print(builtins.kept[0].base is None)"
    )
    environment = os.environ | {"PORTER_KERNEL_POOL": value}
    run = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert (run.returncode, run.stdout.strip(), run.stderr) == (0, str(value == "0"), "")


def test_a_limit_that_is_no_number_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORTER_KERNEL_POOL", "-1")
    with pytest.raises(ValueError, match="must be a number of MiB, 0 for none, got '-1'"):
        loader.pool_limit()
