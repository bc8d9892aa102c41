"""A few rules of one's own, and what is kept about them."""

from __future__ import annotations

from pathlib import Path

from porter.rules.load import load_rules

RULE = """\
class = true

[torch]
name = "torch.nn.{0}"
signature = "x, scale={1}"
docs = "https://example.org/{0}"

[mindspore]
name = "mindspore.nn.{2}"
signature = "x, scale=1"
docs = "https://example.org/{2}"
"""


def write(folder: Path, name: str, default: int = 2, theirs: str = "") -> Path:
    """A rule file; where one is there already it is replaced, with all that can be kept of its looks."""
    path = folder / "nn" / f"{name}.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(RULE.format(name, default, theirs or f"{name}Of"), encoding="utf-8")
    return path


def kept(tmp_path: Path) -> list[Path]:
    """The files of the cache."""
    return sorted((tmp_path / "cache/porter/rules").iterdir())


def default(name: str = "One") -> str | None:
    """The default that the rule of a name gives its parameter, by all that is known."""
    rule = load_rules().rules[f"torch.nn.{name}"]
    assert rule.torch.signature is not None
    return rule.torch.signature.default("scale")
