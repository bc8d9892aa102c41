"""A framework that is imported when it is first used, not when the file that names it is imported."""

from __future__ import annotations

import contextlib
import importlib
import sys
from importlib.machinery import PathFinder
from types import ModuleType
from typing import Any

_submodules = dict[str, dict[str, None]]()
"""By framework: the modules of it that some file imports."""


def lazy(name: str, *submodules: str) -> Any:
    """A module that stands for `name`, and imports it, and what else the file imports of it, at its first use."""
    _submodules.setdefault(name.partition(".")[0], {}).update(dict.fromkeys([name, *submodules]))
    return _Lazy(name, submodules)


def offers(module: str, **names: str) -> Any:
    """A module's `__getattr__`, by which others get names from it that it does not import itself."""

    def given(name: str) -> Any:
        if name not in names:
            raise AttributeError(f"module {module!r} has no attribute {name!r}")
        return _found(names[name])

    return given


class _Lazy(ModuleType):
    def __init__(self, name: str, submodules: tuple[str, ...]) -> None:
        for each in ("__doc__", "__loader__", "__package__", "__spec__"):
            _own(self).pop(each, None)
        _own(self).update(__name__=name, _submodules=submodules)

    __doc__: Any = property(lambda self: _loaded(self).__doc__)
    __dict__: Any = property(lambda self: _loaded(self).__dict__)

    def __getattr__(self, name: str) -> Any:
        if name == "__file__" and _own(self)["__name__"] not in sys.modules:
            return _file(_own(self)["__name__"])
        return getattr(_loaded(self), name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(_loaded(self), name, value)

    def __delattr__(self, name: str) -> None:
        delattr(_loaded(self), name)

    def __dir__(self) -> list[str]:
        return dir(_loaded(self))

    def __repr__(self) -> str:
        name = _own(self)["__name__"]
        return repr(_loaded(self)) if name in sys.modules else f"<module {name!r}, not imported yet>"

    def __reduce__(self) -> Any:
        return lazy, (_own(self)["__name__"], *_own(self)["_submodules"])


def _file(name: str) -> str:
    """Where a module lies, without importing it: a compiler of the other framework asks that of all that it meets."""
    paths, found = None, ""
    for end in range(1, name.count(".") + 2):
        spec = PathFinder.find_spec(".".join(name.split(".")[:end]), paths)
        if spec is None or spec.origin is None:
            raise AttributeError(f"module {name!r} has no attribute '__file__'")
        paths, found = spec.submodule_search_locations, spec.origin
    return found


def _own(module: ModuleType) -> Any:
    """The table of the object itself; `__dict__` gives that of the module it stands for."""
    return vars(ModuleType)["__dict__"].__get__(module)


def _loaded(module: ModuleType) -> Any:
    """The module itself. What other files import of the framework comes with it, as far as it is there."""
    name, submodules = _own(module)["__name__"], _own(module)["_submodules"]
    found = _found(name)
    for each in submodules:
        _found(each)
    waiting = _submodules[name.partition(".")[0]]
    for each in list(waiting):
        with contextlib.suppress(ImportError):  # whoever uses it will miss it
            _found(each)
        waiting.pop(each, None)
    return found


def _found(name: str) -> Any:
    """What `name` imports: a module, or what a module has under that name."""
    above, _, last = name.rpartition(".")
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name or not above:
            raise
    try:
        return getattr(importlib.import_module(above), last)
    except AttributeError:
        raise ImportError(f"cannot import name {last!r} from {above!r}") from None
