"""What the user asked a conversion for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from porter.findings import Level
from porter.rules.model import Framework
from porter.source.generated import LAYERS

Whole = Literal["site", "class", "file"]


@dataclass(frozen=True, slots=True)
class Options:
    """What the user asked for. `level`: edits above it are not made."""

    to: Framework
    platform: str = "gpu"
    level: Level = Level.REVIEW
    mark: bool = True
    layers: str = LAYERS
    """The name of the generated module in this tree."""
    whole: Whole = "site"
    """What stays as it was, as one, when something in it has to stay."""
    wait: bool = True
    """Imports of the source framework that stay wait until they are used, where they can."""

    @property
    def source(self) -> Framework:
        """The framework that the input is written for."""
        return "torch" if self.to == "mindspore" else "mindspore"
