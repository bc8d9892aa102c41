"""What a layer is right after it was built: in torch it trains, in MindSpore it is in evaluation."""

from __future__ import annotations

from typing import Any

from mindspore import nn


def fresh(net: Any) -> Any:
    """The layer in training mode with all inside, as torch builds it; what its constructor set stays so.

    No method of the layer is asked, since it may have a `set_train` of its own. Anything else is given back as it is.
    """
    todo = [net] if isinstance(net, nn.Cell) else []
    seen = set()
    while todo:
        cell = todo.pop()
        if id(cell) in seen:
            continue
        seen.add(id(cell))
        if "training" not in (getattr(cell, "_func_graph_flags", None) or {}):
            cell._phase = "train"
            nn.Cell.add_flags(cell, training=True)
        todo.extend(inside for inside in cell._cells.values() if inside is not None)
    return net
