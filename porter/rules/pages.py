"""Where the frameworks document a name."""

from __future__ import annotations

TORCH_PAGES = "https://docs.pytorch.org/docs/stable/"
MINDSPORE_PAGES = "https://www.mindspore.cn/docs/en/master/api_python/"


def page_of(name: str) -> str:
    """The page of a framework's documentation on a name, by the order that its pages have."""
    first, *middle = name.split(".")[:-1]
    if name.startswith("torch.nn.init."):
        return f"{TORCH_PAGES}nn.init.html#{name}"
    if first == "torch":
        return f"{TORCH_PAGES}generated/{name}.html"
    return f"{MINDSPORE_PAGES}{middle[0] if middle else 'mindspore'}/{name}.html"
