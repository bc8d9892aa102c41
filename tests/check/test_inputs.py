"""What goes in has to be able to show an error."""

from __future__ import annotations

import numpy as np
import pytest

from porter.frameworks.job import Tensor
from porter.proof import inputs

SHAPES = [(2, 3, 4, 5, 6), (3, 4, 17), (2, 3), (5,)]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_inputs_are_off_centre_not_constant_and_new_in_every_step(shape: tuple[int, ...]) -> None:
    steps = [step[0] for step in inputs.inputs("case", [shape], "float32")]
    assert len(steps) == inputs.TRAINING_STEPS + 1
    for values in steps:
        assert values.shape == shape and values.std() > 0.1 and len(np.unique(values)) == values.size
    assert not np.array_equal(steps[0], steps[1])


def test_one_channel_is_nearly_constant_and_the_others_differ_in_mean_and_spread() -> None:
    x = inputs.inputs("case", [(4, 5, 9, 9, 9)], "float32")[0][0]
    spread = x.std((0, 2, 3, 4))
    assert spread[-1] == pytest.approx(inputs.NEARLY_CONSTANT, rel=0.2)
    assert (spread[:-1] > 0.4).all() and (np.abs(x.mean((0, 2, 3, 4))) > 0.3).all()


def test_the_same_name_gives_the_same_numbers_and_another_name_others() -> None:
    one, two = (inputs.inputs("a", [(2, 3)], "float32")[0][0] for _ in range(2))
    assert np.array_equal(one, two)
    assert not np.array_equal(one, inputs.inputs("b", [(2, 3)], "float32")[0][0])


@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_numbers_are_exact_in_the_dtype_that_runs(dtype: str) -> None:
    x = inputs.inputs("a", [(2, 3, 4)], dtype)[0][0]
    assert x.dtype == np.float64 and np.array_equal(x, x.astype(dtype).astype(np.float64))


def test_bfloat16_numbers_have_eight_bits() -> None:
    x = inputs.rounded(np.array([1.0 + 2**-7, 1.0 + 2**-9]), "bfloat16")
    assert x.tolist() == [1.0 + 2**-7, 1.0]


def test_neighbours_move_by_one_bit_at_most_and_leave_integers() -> None:
    values = inputs.rounded(np.linspace(0.1, 9, 500), "float32")
    moved = inputs.neighbours(inputs.generator("x"), values, "float32")
    steps = np.abs(moved - values) / np.spacing(values.astype(np.float32))
    assert set(np.unique(steps.round(6))) <= {0.0, 0.5, 1.0} and (moved != values).mean() > 0.5
    whole = np.array([1, 2])
    assert inputs.neighbours(inputs.generator("x"), whole, "float32") is whole


def test_weights_are_not_trivial_and_variances_positive() -> None:
    tensors = [
        Tensor("weight", (40,), "float32", True),
        Tensor("bias", (40,), "float32", True),
        Tensor("running_var", (40,), "float32", False),
        Tensor("conv.weight", (8, 4, 3, 3), "float32", True),
        Tensor("num_batches_tracked", (), "int64", False),
    ]
    found = inputs.weights("case", tensors, "float32")
    assert (found["weight"] != 1).all() and (found["bias"] != 0).all()
    assert not np.array_equal(found["weight"], found["bias"])
    assert (found["running_var"] > 0.4).all()
    assert found["conv.weight"].shape == (8, 4, 3, 3) and found["conv.weight"].std() > 0.1
    assert found["num_batches_tracked"].dtype == np.int64 and found["num_batches_tracked"] > 0


def test_cotangents_are_not_constant() -> None:
    pulls = inputs.cotangents("case", [np.zeros((2, 3, 4))], "float32")
    assert len(pulls) == inputs.TRAINING_STEPS + 1
    assert all(step[0].std() > 0.5 and abs(step[0].mean()) > 0.01 for step in pulls)
