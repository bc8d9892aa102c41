"""The object that stands for a framework which waits, as the generated module has it; each case in its own process."""

from __future__ import annotations

import contextlib
import io
import subprocess
import sys
from pathlib import Path

import pytest

from porter.rewrite.layers.module import layers_text
from porter.rewrite.options import Options
from porter.rules.model import Framework
from porter.runtime import standalone
from tests.convert.harness import rules

BLOCKED = """
import sys
class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "kit":
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Missing())
"""
KIT = {
    "kit/__init__.py": """\
'''About the kit.'''
import log
log.log.append("kit")
from kit.parts import Thing, both
from kit import parts
__version__ = "1"
""",
    "kit/parts.py": "class Thing:\n    size = 3\nboth = Thing()\n",
    "kit/deep/__init__.py": "",
    "kit/deep/far.py": "import log\nlog.log.append('far')\nvalue = 7\n",
    "kit/broken.py": "import no_such_module\n",
    "log.py": "log = []\n",
}


@pytest.fixture(scope="module", params=["mindspore", "torch"])
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A framework of the tests' own, and a generated module that needs no other."""
    to: Framework = request.param
    found = tmp_path_factory.mktemp("waiting")
    text = layers_text([], Options(to), ["lazy", "offers"], rules())
    for path, content in {**KIT, "porter_layers.py": text}.items():
        (found / path).parent.mkdir(parents=True, exist_ok=True)
        (found / path).write_text(content, encoding="utf-8")
    return found


HEAD = "import sys, log, porter_layers\nkit = porter_layers.lazy('kit')\n"


def run(folder: Path, text: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """What a program prints; what it has imported is forgotten before and after."""
    monkeypatch.syspath_prepend(folder)
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        _forget()
        try:
            exec(HEAD + text, {"__name__": "program"})
        finally:
            _forget()
    return printed.getvalue().strip()


def _forget() -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] in ("kit", "log", "porter_layers")]:
        del sys.modules[name]


def run_without(folder: Path, text: str) -> str:
    """What a program prints in a process in which the framework cannot be imported."""
    command = [sys.executable, "-c", BLOCKED + HEAD + text]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_both_sides_have_the_same_text() -> None:
    here = Path(str(standalone.__file__)).parent
    assert (here / "mindspore/waiting.py").read_bytes() == (here / "torch/waiting.py").read_bytes()


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("print(log.log); kit.Thing; print(log.log)", "[]\n['kit']"),
        ("print(isinstance(kit, type(sys)), kit.__name__, log.log)", "True kit []"),
        ("print(repr(kit), log.log)", "<module 'kit', not imported yet> []"),
        ("kit.both; import kit as real; print(repr(kit) == repr(real))", "True"),
        ("print(kit.__doc__, kit.__version__, kit.__spec__.name, kit.__package__)", "About the kit. 1 kit kit"),
        ("print(kit.parts.Thing.size, isinstance(kit.both, kit.Thing))", "3 True"),
        ("import kit as real; print(dir(kit) == dir(real), vars(kit) is vars(real))", "True True"),
        ("kit.new = 1; import kit as real; print(real.new); del kit.new; print(hasattr(real, 'new'))", "1\nFalse"),
        ("print(hasattr(kit, 'missing'))", "False"),
        ("import pickle; new = pickle.loads(pickle.dumps(kit)); print(log.log); print(new.both.size)", "[]\n3"),
        ("import copy; print(copy.deepcopy({'a': kit})['a'].both.size)", "3"),
        ("import pydoc; print('About the kit.' in pydoc.render_doc(kit))", "True"),
        ("import importlib; print(importlib.reload(porter_layers).lazy('kit').both.size, kit.both.size)", "3 3"),
        ("print(kit.__file__.endswith('__init__.py'), log.log)", "True []"),
        ("far = porter_layers.lazy('kit.deep.far'); print(far.__file__.endswith('far.py'), log.log)", "True []"),
        ("print(hasattr(porter_layers.lazy('kit.deep.gone'), '__file__'))", "False"),
        ("far = porter_layers.lazy('kit.deep.far'); print(far.value, log.log)", "7 ['kit', 'far']"),
        ("porter_layers.lazy('kit', 'kit.deep.far'); print(kit.deep.far.value)", "7"),
        ("porter_layers.lazy('kit.deep.far'); print(kit.deep.far.value)", "7"),
        ("porter_layers.lazy('kit.broken'); print(kit.both.size)", "3"),
        ("print(porter_layers.lazy('kit.both').size)", "3"),
        ("get = porter_layers.offers('own', a='kit.both'); print(log.log); print(get('a').size)", "[]\n3"),
        ("print(porter_layers.offers('own', far='kit.deep.far')('far').value)", "7"),
    ],
)
def test_what_it_does(folder: Path, text: str, printed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(folder, text, monkeypatch) == printed


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("porter_layers.lazy('kit.broken').x", "ModuleNotFoundError: No module named 'no_such_module'"),
        ("porter_layers.lazy('kit', 'kit.broken').x", "ModuleNotFoundError: No module named 'no_such_module'"),
        ("porter_layers.lazy('kit.gone').x", "ImportError: cannot import name 'gone' from 'kit'"),
        ("porter_layers.offers('own', a='kit.gone')('a')", "ImportError: cannot import name 'gone' from 'kit'"),
        ("porter_layers.offers('own', a='kit.a')('b')", "AttributeError: module 'own' has no attribute 'b'"),
        ("kit.missing", "AttributeError: module 'kit' has no attribute 'missing'"),
    ],
)
def test_what_it_raises(folder: Path, text: str, error: str, monkeypatch: pytest.MonkeyPatch) -> None:
    caught = f"try:\n    {text}\nexcept Exception as error:\n    print(f'{{type(error).__name__}}: {{error}}')"
    assert run(folder, caught, monkeypatch) == error


def test_without_the_framework_only_a_use_fails(folder: Path) -> None:
    text = "try:\n    kit.both\nexcept ModuleNotFoundError as error:\n    print(error.name)\n"
    text += "print('kit' in sys.modules)"
    assert run_without(folder, text) == "kit\nFalse"


def test_many_threads_use_it_at_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = """
from concurrent.futures import ThreadPoolExecutor
for _ in range(50):
    porter_layers.lazy("kit.deep.far")
with ThreadPoolExecutor(16) as pool:
    found = list(pool.map(lambda _: kit.deep.far.value if kit.both else 0, range(200)))
print(set(found), log.log)
"""
    assert run(folder, text, monkeypatch) == "{7} ['kit', 'far']"


@pytest.mark.frameworks("mindspore", "numpy")
def test_a_branch_that_is_never_run_needs_no_torch_in_either_mode(folder: Path) -> None:
    (folder / "net.py").write_text("""\
from mindspore import nn

import porter_layers

kit = porter_layers.lazy("kit")


class Net(nn.Cell):
    def __init__(self, old):
        super().__init__()
        self.old = old

    def construct(self, x):
        if self.old:
            return kit.parts.run(x, kit.both)
        return x + 1
""")
    text = """
import mindspore as ms
import net
for mode in (ms.PYNATIVE_MODE, ms.GRAPH_MODE):
    ms.set_context(mode=mode)
    print(net.Net(False)(ms.Tensor([1.0])).asnumpy()[0], "kit" in sys.modules)
"""
    assert run_without(folder, text).splitlines()[-2:] == ["2.0 False", "2.0 False"]
