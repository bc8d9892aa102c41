"""enable(): MindSpore's own layers, unchanged, without a GPU."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from .cases import make
from .training import Setup, assert_same, on_mindspore

pytestmark = pytest.mark.frameworks("mindspore", "torch")


@pytest.fixture(autouse=True)
def undone() -> Iterator[None]:
    """Every test starts and ends with native layers as MindSpore made them, on a machine without a GPU."""
    import mindspore

    from porter.runtime.mindspore import disable

    if mindspore.get_context("device_target") == "GPU":
        pytest.skip("the native layers run here as they are")
    disable()
    yield
    disable()


def native(channels: int = 3, dims: int = 3, **kwargs: Any) -> Any:
    from mindspore import nn

    return getattr(nn, f"InstanceNorm{dims}d")(channels, **kwargs)


def tensor(shape: tuple[int, ...] = (2, 3, 2, 3, 4), dtype: str = "float32") -> Any:
    from mindspore import Tensor

    return Tensor(make(shape).input.astype(dtype))


def runs(layer: Any) -> bool:
    try:
        layer(tensor()).asnumpy()
    except RuntimeError as error:
        assert "InstanceNorm" in str(error)
        return False
    return True


@pytest.mark.parametrize("dims", [1, 2, 3])
@pytest.mark.parametrize("affine", [False, True], ids=["plain", "affine"])
@pytest.mark.parametrize("dtype", ["float32", "float16"])
@pytest.mark.usefixtures("pynative")
def test_native_layers_train(dims: int, affine: bool, dtype: str) -> None:
    from porter.runtime.mindspore import enable

    shape = {1: (2, 3, 40), 2: (2, 3, 6, 7), 3: (3, 4, 5, 6, 7)}[dims]
    layer = native(shape[1], dims, eps=0.01, affine=affine)  # made before
    case = Setup(
        dims, {"eps": 0.01, "affine": affine}, tuple(make(shape, dtype, seed=seed) for seed in range(3)), dtype
    )
    with enable():
        assert_same(on_mindspore(layer, case), case)


@pytest.mark.usefixtures("graph")
def test_native_layers_train_compiled() -> None:
    from porter.runtime.mindspore import enable

    case = Setup(3, {"affine": True}, tuple(make((2, 3, 4, 5, 6), mean=100, seed=seed) for seed in range(3)))
    layer = native()
    with enable():
        assert_same(on_mindspore(layer, case), case)


def test_a_layer_that_has_run_can_join_a_network(mode: str) -> None:
    from mindspore import nn

    from porter.runtime.mindspore import enable

    with enable():
        layer = native()
        alone = layer(tensor()).asnumpy()
        np.testing.assert_array_equal(nn.SequentialCell(layer)(tensor()).asnumpy(), alone)


@pytest.mark.usefixtures("pynative")
def test_initial_values_count_also_when_they_are_not_trained() -> None:
    from porter.runtime.mindspore import enable

    x = tensor()
    with enable():
        plain, scaled = native(affine=False), native(affine=False, gamma_init=0.5, beta_init=2)
        np.testing.assert_allclose(scaled(x).asnumpy(), plain(x).asnumpy() * 0.5 + 2, atol=1e-6)


@pytest.mark.usefixtures("pynative")
def test_a_subclass_of_a_user_runs() -> None:
    from mindspore import nn

    from porter.runtime.mindspore import enable

    class Mine(nn.InstanceNorm3d):  # type: ignore[misc]
        pass

    with enable():
        assert runs(Mine(3))
    assert not runs(Mine(3))


def test_the_example_of_the_mapping_page(mode: str) -> None:
    from mindspore import Tensor

    from porter.runtime.mindspore import enable

    x = np.array([[0.1, 0.2, 0.3, 0.4], [0.9, 1.0, 1.1, 1.2]], np.float32).reshape(1, 2, 1, 2, 2)
    with enable():
        y = native(2, affine=False).set_train()(Tensor(x)).asnumpy()
    expected = [-1.3411045, -0.4470348, 0.44703496, 1.3411045, -1.3411034, -0.44703388, 0.44703573, 1.3411053]
    np.testing.assert_allclose(y.ravel(), expected, rtol=0, atol=2e-6)


@pytest.mark.usefixtures("pynative")
def test_it_can_be_undone() -> None:
    from porter.runtime.mindspore import disable, enable

    layer = native()
    assert not runs(layer)
    enable()
    enable()
    assert runs(layer)
    disable()
    assert not runs(layer)
    disable()
    assert not runs(layer)


@pytest.mark.usefixtures("pynative")
def test_a_block_undoes_only_what_it_has_changed() -> None:
    from porter.runtime.mindspore import enable

    with enable():
        with enable():
            assert runs(native())
        assert runs(native())
    assert not runs(native())
    enable()
    with enable():
        pass
    assert runs(native())


@pytest.mark.usefixtures("pynative")
def test_a_block_that_fails_is_undone() -> None:
    from porter.runtime.mindspore import enable

    with pytest.raises(KeyError), enable():
        raise KeyError
    assert not runs(native())


@pytest.mark.usefixtures("pynative")
def test_on_a_gpu_nothing_changes_unless_forced(monkeypatch: pytest.MonkeyPatch) -> None:
    import mindspore

    from porter.runtime.mindspore import enable

    monkeypatch.setattr(mindspore, "get_context", {"device_target": "GPU"}.get)
    with enable():
        assert not runs(native())
    with enable(force=True):
        assert runs(native())


@pytest.mark.parametrize(
    ("shape", "dtype", "error", "message"),
    [
        ((3, 2, 3, 4), "float32", ValueError, "must have 5 dims, but got 4"),
        ((2, 3, 4), "float32", ValueError, "must have 5 dims, but got 3"),
        ((2, 4, 2, 2, 2), "float32", ValueError, r"gamma shape must be equal to \(C, \) which is 4 , but got 3"),
        (
            (2, 3, 2, 2, 2),
            "float64",
            TypeError,
            "must be a type of {Tensor.Float16., Tensor.Float32.}, but got Tensor.Fl",
        ),
        (
            (2, 3, 2, 2, 2),
            "int32",
            TypeError,
            "must be a type of {Tensor.Float16., Tensor.Float32.}, but got Tensor.Int",
        ),
    ],
)
@pytest.mark.usefixtures("pynative")
def test_wrong_input_raises_what_the_native_layer_raises(
    shape: tuple[int, ...], dtype: str, error: type[Exception], message: str
) -> None:
    from porter.runtime.mindspore import enable

    with pytest.raises(error, match=message):
        native()(tensor(shape, dtype))
    with enable(), pytest.raises(error, match=message):
        native()(tensor(shape, dtype))


@pytest.mark.usefixtures("pynative")
def test_one_element_is_no_error_natively() -> None:
    """As in the native layer, which has no such check: the variance is 0, what is left is beta."""
    from porter.runtime.mindspore import enable

    with enable():
        np.testing.assert_allclose(native(beta_init=2)(tensor((2, 3, 1, 1, 1))).asnumpy(), 2.0)
