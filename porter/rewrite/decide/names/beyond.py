"""Attributes of what a rule converts: the rule speaks for its own name, not for all that can be read from it."""

from __future__ import annotations

from collections.abc import Sequence

from porter.rewrite.options import Options
from porter.rules.load import RuleBook


def is_beyond(attributes: Sequence[str], rules: RuleBook, options: Options) -> bool:
    """Whether what is read from a converted name (`torch.Tensor.detach`) is known to no rule.

    What every class and function has (`__init__`, `__name__`) is the same on both sides.
    """
    if not attributes or attributes[0].startswith("__"):
        return False
    return attributes[0] not in rules.methods and attributes[0] not in rules.attributes[options.source]
