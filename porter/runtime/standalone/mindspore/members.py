# mypy: allow-subclassing-any
"""Members that torch's objects have and MindSpore's have under another name or not at all, asked at run time.

What is known of the layers stands in `_members` and `_layers`; both are written anew from the rules where this text
becomes part of a generated module. Objects that are no Cell, and classes with a member of torch's name of their own,
are asked by that name. Contract: https://docs.pytorch.org/docs/2.13/generated/torch.nn.Module.html
"""

from __future__ import annotations

import re
from functools import partial
from typing import Any

from mindspore import Parameter, nn


def _members() -> dict[str, Any]:
    """By torch's name: the function that reads it, and for each layer where it is kept, and what turns it on."""
    return {}


def _layers() -> tuple[Any, ...]:
    """Layers whose parameters torch calls otherwise: the class, how to read each, and what is not among them there."""
    return ()


def _unless_off(parameter: Any, option: Any, cell: Any, value: float) -> Any:
    """None for a parameter of a layer that was made without it: torch's has none then.

    `option`: None where the layer does not tell. GRAPH mode cannot ask further, and gives the parameter.
    """
    if option is not None:
        return parameter if option else None
    if hasattr(parameter, "requires_grad") and not parameter.requires_grad and _was_off(parameter, cell, value):
        return None
    return parameter


def _was_off(parameter: Any, cell: Any, value: float) -> bool:
    """Whether the arguments that MindSpore notes of its layers have a False; else, whether all is as at the start.

    A frozen layer is not one without parameters: a network and its frozen copy have as many.
    """
    noted = getattr(cell, "cell_init_args", None) or ""
    if "dict_values" in noted:
        return re.findall(r"\b(?:True|False)\b", noted)[:1] == ["False"]
    return bool((parameter.asnumpy() == value).all())


def _place(owner: Any, name: Any) -> Any:
    """Where a layer keeps a member of torch's, and what turns it on; None for what is asked by the name itself."""
    for layer, path, option in _members().get(name, (None, ()))[1]:
        own = type(owner) if path is None else owner
        made = not path or hasattr(owner, path.partition(".")[0])
        if isinstance(owner, layer) and made and not hasattr(own, name):
            return path, option
    return None


def get_member(owner: Any, name: Any, *default: Any) -> Any:
    """getattr, by torch's names. What MindSpore's layer keeps in another form is an error, which no default hides."""
    function = _methods().get(name)
    if function is not None and _walks(owner, name):
        return partial(function, owner)
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
    """hasattr, by torch's names."""
    try:
        get_member(owner, name)
    except AttributeError:
        return _place(owner, name) is not None
    return True


def set_member(owner: Any, name: Any, value: Any) -> None:
    """setattr, by torch's names."""
    place = _place(owner, name)
    if place is None:
        setattr(owner, name, value)
        if isinstance(owner, nn.SequentialCell) and isinstance(value, nn.Cell):
            owner.cell_list = list(owner._cells.values())  # it runs these, whatever its attributes are
        return
    path, option = place
    if not path:
        raise AttributeError(option)
    _set_path(owner, path, value)
    if option and value is not None and not getattr(owner, option, True):
        setattr(owner, option, True)


def _set_path(owner: Any, path: str, value: Any) -> None:
    """Set `bn2d.gamma`. A new parameter goes by the name of the one that it replaces, as a checkpoint knows it."""
    *above, last = path.split(".")
    for part in above:
        owner = getattr(owner, part)
    old = getattr(owner, last, None)
    if isinstance(value, Parameter) and isinstance(old, Parameter) and value.name.partition("#")[0] == "Parameter":
        value.name = old.name
    setattr(owner, last, value)


def fresh(net: Any) -> Any:
    """A network in training mode, as torch builds it, whatever its classes make of set_train; others as they are."""
    if isinstance(net, nn.Cell):
        net.phase = "train"
        for cell in _all_cells(net, {}).values():
            nn.Cell.add_flags(cell, training=True)
    return net


def _all_cells(cell: Any, found: dict[int, Any]) -> dict[int, Any]:
    if cell is not None and id(cell) not in found:
        found[id(cell)] = cell
        for inner in cell._cells.values():
            _all_cells(inner, found)
    return found


def _methods() -> dict[str, Any]:
    return {
        "children": children,
        "modules": modules,
        "named_children": named_children,
        "named_modules": named_modules,
        "named_parameters": named_parameters,
        "parameters": parameters,
    }


def _walks(net: Any, name: str) -> bool:
    """Whether this is a Cell whose classes do not define a method of that name themselves."""
    return isinstance(net, nn.Cell) and getattr(type(net), name, None) is getattr(nn.Cell, name, None)


def children(net: Any, *args: Any, **kwargs: Any) -> Any:
    """net.children() of torch."""
    if _walks(net, "children"):
        return _second(named_children(net, *args, **kwargs))
    return net.children(*args, **kwargs)


def named_children(net: Any, *args: Any, **kwargs: Any) -> Any:
    """net.named_children() of torch."""
    if _walks(net, "named_children"):
        return _named_children(net, *args, **kwargs)
    return net.named_children(*args, **kwargs)


def modules(net: Any, *args: Any, **kwargs: Any) -> Any:
    """net.modules() of torch."""
    if _walks(net, "modules"):
        return _modules(net, *args, **kwargs)
    return net.modules(*args, **kwargs)


def named_modules(net: Any, *args: Any, **kwargs: Any) -> Any:
    """net.named_modules() of torch."""
    if _walks(net, "named_modules"):
        return _named_modules(net, *args, **kwargs)
    return net.named_modules(*args, **kwargs)


def parameters(net: Any, *args: Any, **kwargs: Any) -> Any:
    """net.parameters() of torch."""
    if _walks(net, "parameters"):
        return _parameters(net, *args, **kwargs)
    return net.parameters(*args, **kwargs)


def named_parameters(net: Any, *args: Any, **kwargs: Any) -> Any:
    """net.named_parameters() of torch, by torch's names."""
    if _walks(net, "named_parameters"):
        return _named_parameters(net, *args, **kwargs)
    return net.named_parameters(*args, **kwargs)


def _second(pairs: Any) -> Any:
    for _, value in pairs:
        yield value


def _named_children(net: Any) -> Any:
    seen: set[int] = set()
    for name, cell in _cells(net):
        if id(cell) not in seen:
            seen.add(id(cell))
            yield name, cell


def _modules(net: Any, remove_duplicate: bool = True) -> Any:
    yield from _second(named_modules(net, remove_duplicate=remove_duplicate))


def _named_modules(net: Any, memo: Any = None, prefix: str = "", remove_duplicate: bool = True) -> Any:
    memo = set() if memo is None else memo
    if net not in memo:
        if remove_duplicate:
            memo.add(net)
        yield prefix, net
        for name, cell in _cells(net):
            yield from named_modules(cell, memo, _joined(prefix, name), remove_duplicate)


def _parameters(net: Any, recurse: bool = True) -> Any:
    yield from _second(named_parameters(net, recurse=recurse))


def _named_parameters(net: Any, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True) -> Any:
    seen: set[int] = set()
    owners = named_modules(net, prefix=prefix, remove_duplicate=remove_duplicate) if recurse else [(prefix, net)]
    for path, cell in owners:
        for name, parameter in _own_parameters(cell):
            if parameter is not None and id(parameter) not in seen:
                if remove_duplicate:
                    seen.add(id(parameter))
                yield _joined(path, name), parameter


def _joined(prefix: str, name: str) -> str:
    return f"{prefix}.{name}" if prefix else name


def _known(cell: Any) -> tuple[Any, ...]:
    """What the rules know of a cell: how to read torch's parameters, and what torch has not among its own."""
    for layer, readers, hidden in _layers():
        if isinstance(cell, layer):
            made = all(name in cell._cells or name in cell._params for name in hidden)
            return readers if made else {}, hidden
    return {}, ()


def _cells(cell: Any) -> list[Any]:
    """The cells inside as torch has them: what a layer of MindSpore's own is made of is no part of torch's."""
    if _is_native(cell):
        return []
    hidden = _known(cell)[1]
    return [(name, inner) for name, inner in cell._cells.items() if inner is not None and name not in hidden]


def _is_native(cell: Any) -> bool:
    """Whether this is a layer of MindSpore's, and no container."""
    module = type(cell).__module__
    return module.startswith("mindspore.nn.layer.") and module != nn.SequentialCell.__module__


def _own_parameters(cell: Any) -> Any:
    """The parameters that torch keeps in this layer itself, in torch's order."""
    readers, hidden = _known(cell)
    own = {name: parameter for name, parameter in cell._params.items() if name not in hidden}
    for name, read in readers.items():
        yield name, own.pop(name) if name in own else _ready(read(cell))
    for name, parameter in own.items():
        yield name, _ready(parameter)
    if _is_native(cell):
        for name, inner in cell._cells.items():
            if inner is not None and name not in hidden:
                yield from inner.parameters_and_names(name_prefix=name)


def _ready(parameter: Any) -> Any:
    """The parameter that has its values, where one stands for it until then."""
    ready = getattr(parameter, "inited_param", None)
    return parameter if ready is None else ready
