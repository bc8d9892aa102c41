"""What the rules of all classes say together, in the direction of a run: the words that a converter has to watch."""

from __future__ import annotations

from collections.abc import Mapping

from porter.rewrite.decide.members.member_words import read_words
from porter.rewrite.options import Options
from porter.rules.load import RuleBook
from porter.rules.model import Framework
from porter.source.tensors import is_tensor


class Vocabulary:
    """`methods`: old name -> new name. `absent`: names that every layer has, and why they have no counterpart.

    `reserved`: names that a class cannot use freely on the other side, and why. `base_init`: arguments of the base
    class's constructor that are dropped, and why. `members`: what is said of tensors, and of what is not known.
    """

    def __init__(self, rules: RuleBook, options: Options) -> None:
        torch = options.source == "torch"
        methods: dict[str, str] = {}
        base_init: dict[str, str] = {}
        reserved: dict[str, str] = {}
        absent: dict[str, str] = {}
        for about in rules.about_members:
            if is_tensor(about.torch):
                continue
            methods |= about.methods if torch else {theirs: ours for ours, theirs in about.methods.items()}
            base_init |= {} if torch else about.base_init
            reserved |= about.taken.get(options.to, {})
            absent |= about.absent.get(options.to, {}) if about.methods else {}
        self.methods: Mapping[str, str] = methods
        self.base_init: Mapping[str, str] = base_init
        self.reserved: Mapping[str, str] = reserved
        self.absent: Mapping[str, str] = absent
        self.members = read_words(rules, options.to, ASKED_METHODS[options.to])


ASKED_METHODS: Mapping[Framework, frozenset[str]] = {
    "mindspore": frozenset(
        {"modules", "named_modules", "children", "named_children", "parameters", "named_parameters"}
    ),
    "torch": frozenset(),
}
"""By the framework to convert to: methods of layers that a function of the generated module stands for."""

PRIVATE_HOOKS = frozenset(
    {
        "_check_input_dim",
        "_apply_instance_norm",
        "_handle_no_batch_input",
        "_get_no_batch_dim",
        "_conv_forward",
        "_output_padding",
        "_load_from_state_dict",
        "_save_to_state_dict",
    }
)
"""Methods of the source framework's layers that only they call."""
