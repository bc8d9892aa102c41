"""The kernel for GPUs: in Triton's interpreter, compiled for GPUs that need not be there, and on one that is."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.frameworks("torch", "triton")
Run = Callable[..., Any]
DTYPES = ["float32", "float64", "float16", "bfloat16"]
LAYOUTS = pytest.mark.parametrize("last", [False, True], ids=["first", "last"])
GIVEN = pytest.mark.parametrize("given", [False, True], ids=["measured", "given"])


def in_interpreter(name: str, args: Any, kwargs: Any) -> Any:
    """In the other process: a check of gpu_checks.py."""
    from . import gpu_case, gpu_checks

    gpu_case.interpret()
    return getattr(gpu_checks, name)("cpu", *args, **kwargs)


def in_compiler(args: Any) -> None:
    """In another one."""
    from . import gpu_compiled

    gpu_compiled.check(*args)


@contextmanager
def process(interpret: str) -> Iterator[ProcessPoolExecutor]:
    """A process of its own: Triton reads TRITON_INTERPRET when it is imported, and other tests may have done that."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("TRITON_INTERPRET", interpret)
            patch.syspath_prepend(Path(__file__).parents[1])  # where pytest finds this module, and others do not
            pool.submit(int).result()  # starts it
        yield pool


@pytest.fixture(scope="module")
def interpreter() -> Iterator[Run]:
    """Runs a check of gpu_checks.py, by its name, on the CPU."""
    with process("1") as pool:
        yield lambda name, *args, **kwargs: pool.submit(in_interpreter, name, args, kwargs).result()


@pytest.fixture(scope="module")
def compiler() -> Iterator[Run]:
    """Runs the check of gpu_compiled.py."""
    with process("0") as pool:
        yield lambda *args: pool.submit(in_compiler, args).result()


@pytest.fixture
def cuda() -> Run:
    """Runs a check of gpu_checks.py, by its name, on a GPU."""
    import torch

    if not torch.cuda.is_available():
        pytest.skip("no CUDA device")
    from . import gpu_checks

    return lambda name, *args, **kwargs: getattr(gpu_checks, name)("cuda", *args, **kwargs)


@pytest.fixture(params=["interpreter", "cuda"])
def check(request: pytest.FixtureRequest) -> Run:
    """Both, one after the other."""
    run: Run = request.getfixturevalue(request.param)
    return run


@LAYOUTS
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(2, 3, 7), (1, 11, 3, 5, 2), (1, 2, 241)])
def test_no_farther_from_the_truth_than_torch(check: Run, shape: tuple[int, ...], dtype: str, last: bool) -> None:
    check("agrees", shape, dtype, last)


@LAYOUTS
@pytest.mark.parametrize("shape", [(2, 64, 33, 32, 31), (1, 3, 127, 128, 129), (3, 320, 8, 8, 8), (64, 512, 2, 2)])
def test_no_farther_from_the_truth_than_torch_at_full_size(cuda: Run, shape: tuple[int, ...], last: bool) -> None:
    cuda("agrees", shape, "float32", last)


@pytest.mark.parametrize(
    ("shape", "last", "shared"),
    [
        ((2, 3, 7), False, (True, 1, 1)),
        ((1, 11, 3, 5, 2), True, (False, 2, 1)),
        ((1, 2, 331), False, (False, 3, 1)),
        ((3, 3, 331), False, (False, 1, 3)),
        ((1, 1, 1301), True, (False, 6, 2)),
        ((1, 9, 150), True, (False, 4, 3)),
        ((1, 3, 150), False, (False, 2, 1)),
    ],
)
def test_the_shapes_of_these_tests_are_shared_in_every_way(
    interpreter: Run, shape: tuple[int, ...], last: bool, shared: tuple[bool, int, int]
) -> None:
    assert interpreter("shares", shape, last) == shared


@pytest.mark.parametrize(
    ("shape", "last"), [((3, 3, 331), False), ((1, 1, 1301), True), ((1, 9, 150), True), ((2, 1, 5, 13), False)]
)
def test_several_rounds_and_single_channels(check: Run, shape: tuple[int, ...], last: bool) -> None:
    check("agrees", shape, "float32", last)


@LAYOUTS
@GIVEN
@pytest.mark.parametrize("affine", [None, "", "float32"], ids=["plain", "same", "float32"])
def test_parameters_and_statistics(check: Run, last: bool, affine: str | None, given: bool) -> None:
    check("agrees", (1, 3, 150), "float16", last, affine=affine, given=given)


@LAYOUTS
def test_given_statistics_of_float64(check: Run, last: bool) -> None:
    check("agrees", (2, 3, 150), "float64", last, given=True)


@LAYOUTS
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("shape", [(2, 3, 100), (1, 2, 8, 8, 16)])
def test_far_from_zero_nearer_to_the_truth_than_torch(
    check: Run, shape: tuple[int, ...], dtype: str, last: bool
) -> None:
    check("far_from_zero", shape, dtype, last)


@LAYOUTS
@pytest.mark.parametrize("place", [0, 165, 330])
def test_an_outlier_is_no_pivot(check: Run, place: int, last: bool) -> None:
    check("outlier", place, last)


@GIVEN
@pytest.mark.parametrize(
    "wanted", [(True, False, False), (False, True, False), (False, False, True), (True, True, False)]
)
def test_only_gradients_that_are_wanted(check: Run, wanted: tuple[bool, ...], given: bool) -> None:
    check("only_what_is_wanted", wanted, (1, 3, 150), given)


@GIVEN
@LAYOUTS
@pytest.mark.parametrize("place", [0, 60])
@pytest.mark.parametrize("value", [float("nan"), float("-inf")])
def test_what_is_no_number_spreads_as_in_torch(check: Run, value: float, place: int, last: bool, given: bool) -> None:
    check("spreads", value, place, last, given)


@LAYOUTS
def test_the_same_bits_in_every_run(check: Run, last: bool) -> None:
    check("same_bits", (1, 2, 331), last)


@LAYOUTS
def test_the_same_bits_in_every_run_at_full_size(cuda: Run, last: bool) -> None:
    cuda("same_bits", (1, 32, 65, 64, 63), last)


@GIVEN
def test_gradcheck(check: Run, given: bool) -> None:
    check("gradcheck", given)


@pytest.mark.parametrize("name", ["layouts", "nothing", "far_apart", "infinite_mean"])
def test_memory(check: Run, name: str) -> None:
    check(name)


def test_the_operation_hands_on_what_it_gets(interpreter: Run) -> None:
    interpreter("through_the_operation")


@pytest.mark.parametrize("name", ["compiled", "keeps_the_rules", "running_statistics", "devices"])
def test_the_operation_on_a_gpu(cuda: Run, name: str) -> None:
    cuda(name)


@pytest.mark.parametrize(
    ("shape", "dtype", "last", "given", "capability"),
    [
        ((2, 8, 16, 16, 16), "float32", False, False, 80),
        ((2, 32, 64, 64, 64), "float32", False, False, 90),
        ((2, 37, 6, 6, 6), "bfloat16", True, False, 80),
        ((1, 8, 33, 33, 33), "float64", True, False, 90),
        ((2, 320, 8, 8, 8), "float16", False, True, 80),
    ],
)
def test_compiles_for_a_gpu(
    compiler: Run, shape: tuple[int, ...], dtype: str, last: bool, given: bool, capability: int
) -> None:
    compiler(shape, dtype, last, given, capability)


def test_a_constant_channel_without_eps_gives_torchs_numbers(check: Run) -> None:
    check("constant_channel")
