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
