"""Members that MindSpore's objects have and torch's have under another name or not at all, asked at run time.

What is known of the layers stands in `_members`, which is written anew from the rules where this text becomes part of a
generated module. Objects of other kinds, and classes with a member of MindSpore's name of their own, are asked by that
name. Contract: https://www.mindspore.cn/docs/en/r2.7.0/api_python/nn/mindspore.nn.Cell.html
"""

from __future__ import annotations

from typing import Any

from torch import nn


def _members() -> dict[str, Any]:
    """By MindSpore's name: the function that reads it, and for each layer where it is kept."""
    return {}


def _place(owner: Any, name: Any) -> Any:
    """Where a layer keeps a member of MindSpore's; None for what is asked by the name itself."""
    for layer, path, _option in _members().get(name, (None, ()))[1]:
        if isinstance(owner, layer) and not hasattr(owner, name.partition(".")[0]):
            return path
    return None


def _there(value: Any, sentence: str) -> Any:
    """A parameter, which MindSpore's layer always has."""
    if value is None:
        raise AttributeError(sentence)
    return value


def get_member(owner: Any, name: Any, *default: Any) -> Any:
    """getattr, by MindSpore's names. A parameter that torch's layer has not is an error, which no default hides."""
    known = _members().get(name)
    if known is None:
        return getattr(owner, name, *default)
    try:
        return known[0](owner)
    except AttributeError:
        if default and _place(owner, name) is None:
            return default[0]
        raise


def has_member(owner: Any, name: Any) -> bool:
    """hasattr, by MindSpore's names."""
    try:
        get_member(owner, name)
    except AttributeError:
        return _place(owner, name) is not None
    return True


def set_member(owner: Any, name: Any, value: Any) -> None:
    """setattr, by MindSpore's names; `bn2d.gamma` is the gamma of what the owner calls bn2d."""
    above, _, last = name.rpartition(".") if name in _members() else ("", "", name)
    path = _place(owner, name)
    if path is not None:
        setattr(owner, path, value)
    elif above:
        set_member(getattr(owner, above), last, value)
    else:
        setattr(owner, name, value)


def fresh(net: Any) -> Any:
    """A network in evaluation mode, as MindSpore builds it, whatever its classes make of train; others as they are."""
    if isinstance(net, nn.Module):
        for module in nn.Module.modules(net):
            module.training = False
    return net
