"""What a layer is right after it was built: in MindSpore it is in evaluation, in torch it trains."""

from __future__ import annotations

from typing import Any

from torch import nn


def fresh(net: Any) -> Any:
    """The layer in evaluation with all inside, as MindSpore builds it. Anything else is given back as it is.

    No method of the layer is asked, since it may have a `train` of its own.
    """
    todo = [net] if isinstance(net, nn.Module) else []
    seen = set()
    while todo:
        module = todo.pop()
        if id(module) in seen:
            continue
        seen.add(id(module))
        module.__dict__["training"] = False
        todo.extend(inside for inside in module._modules.values() if inside is not None)
    return net
