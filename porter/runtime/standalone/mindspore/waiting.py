"""A framework that is imported when it is first used, not when the file that names it is imported."""

from __future__ import annotations

import importlib
import sys
from importlib.machinery import PathFinder
from types import ModuleType

_submodules = {}
"""By framework: the modules of it that some file imports."""


def lazy(name, *submodules):
    """A module that stands for `name`, and imports it, and what else the file imports of it, at its first use."""
    _submodules.setdefault(name.partition(".")[0], {}).update(dict.fromkeys([name, *submodules]))
    return _Lazy(name, submodules)


def offers(module, **names):
    """A module's `__getattr__`, by which others get names from it that it does not import itself."""

    def given(name):
        if name not in names:
            raise AttributeError(f"module {module!r} has no attribute {name!r}")
        return _found(names[name])

    return given


class _Lazy(ModuleType):
    def __init__(self, name, submodules):
        for each in ("__doc__", "__loader__", "__package__", "__spec__"):
            _own(self).pop(each, None)
        _own(self).update(__name__=name, _submodules=submodules)

    __doc__ = property(lambda self: _loaded(self).__doc__)
    __dict__ = property(lambda self: _loaded(self).__dict__)

    def __getattr__(self, name):
        if name == "__file__" and _own(self)["__name__"] not in sys.modules:
            return _file(_own(self)["__name__"])
        return getattr(_loaded(self), name)

    def __setattr__(self, name, value):
        setattr(_loaded(self), name, value)

    def __delattr__(self, name):
        delattr(_loaded(self), name)

    def __dir__(self):
        return dir(_loaded(self))

    def __repr__(self):
        name = _own(self)["__name__"]
        return repr(_loaded(self)) if name in sys.modules else f"<module {name!r}, not imported yet>"

    def __reduce__(self):
        return lazy, (_own(self)["__name__"], *_own(self)["_submodules"])


def _file(name):
    """Where a module lies, without importing it: a compiler of the other framework asks that of all that it meets."""
    paths, spec = None, None
    for end in range(1, name.count(".") + 2):
        spec = PathFinder.find_spec(".".join(name.split(".")[:end]), paths)
        if spec is None or spec.origin is None:
            raise AttributeError(f"module {name!r} has no attribute '__file__'")
        paths = spec.submodule_search_locations
    return spec.origin


def _own(module):
    return ModuleType.__dict__["__dict__"].__get__(module)


def _loaded(module):
    """The module itself. What other files import of the framework comes with it, as far as it is there."""
    name, submodules = _own(module)["__name__"], _own(module)["_submodules"]
    found = _found(name)
    for each in submodules:
        _found(each)
    waiting = _submodules[name.partition(".")[0]]
    for each in list(waiting):
        waiting.pop(each, None)
        try:
            _found(each)
        except ImportError:
            pass  # it is missed where it is used
    return found


def _found(name):
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
