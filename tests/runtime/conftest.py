"""One process, both of MindSpore's modes: MindSpore starts once, a graph is compiled only where a test asks for it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest


@pytest.fixture
def pynative() -> Iterator[None]:
    """Operations run as Python meets them."""
    import mindspore

    mindspore.set_context(mode=mindspore.PYNATIVE_MODE)
    yield


@pytest.fixture
def graph() -> Iterator[None]:
    """`construct` is compiled, once for every layer and kind of input: a second each."""
    import mindspore

    mindspore.set_context(mode=mindspore.GRAPH_MODE)
    yield
    mindspore.set_context(mode=mindspore.PYNATIVE_MODE)


@pytest.fixture(params=["pynative", "graph"])
def mode(request: pytest.FixtureRequest) -> str:
    """Both, one after the other."""
    request.getfixturevalue(request.param)
    return str(request.param)


@pytest.fixture
def enabled() -> Iterator[None]:
    """Native InstanceNorm runs without a GPU."""
    from porter.runtime.mindspore import enable

    with enable():
        yield


@pytest.fixture
def kernel() -> None:
    """Skip where the library was not compiled, or is switched off."""
    from porter.runtime.kernel import loader

    if not loader.available():
        pytest.skip("the InstanceNorm kernel is not installed")


@pytest.fixture(params=["baseline", "avx2", "best"])
def isa(request: pytest.FixtureRequest, kernel: None, monkeypatch: pytest.MonkeyPatch) -> str:
    """Each instruction set that this processor has, once."""
    from porter.runtime.kernel import loader

    library, number = loader.library(), loader.ISAS.index(request.param)
    assert library is not None
    if number and library.porter_isa(number) != number:
        pytest.skip(f"this processor, or the compiler, has no {request.param}")
    monkeypatch.setattr(loader, "limit", lambda: number)
    return str(request.param)
