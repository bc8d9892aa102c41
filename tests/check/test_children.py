"""Child processes: they crash, hang, print and miss frameworks, and the run goes on."""

from __future__ import annotations

import io
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from porter.errors import FrameworkError
from porter.frameworks import job as jobs
from porter.frameworks.children import Child
from porter.frameworks.job import Job, Reply, Tensor
from porter.frameworks.worker import resolve

X = np.random.default_rng(0).normal(1.0, 2.0, (2, 3, 4))
INPUTS = ((X,), (X + 1,), (X * 2,))
PULLS = ((X,), (X - 1,), (X,))
LAYER = "import torch\ndef build():\n    return torch.nn.BatchNorm1d(3, eps=0.5)\n"

pytestmark = pytest.mark.frameworks("torch")


@pytest.fixture(scope="module")
def torch() -> Iterator[Child]:
    with Child("torch", seconds=60) as child:
        yield child


def test_a_job_and_a_reply_survive_the_journey() -> None:
    stream = io.BytesIO()
    sent = Job("text", "call", {"nn": "torch.nn"}, None, weights={"a.b/c": X}, inputs=INPUTS, cotangents=((), (X,)))
    jobs.send_job(stream, sent)
    reply = Reply("E: x", "build", (Tensor("w", (3,), "float32", True),), ("input",), {"eval/output/0": X}, {"k": "d"})
    jobs.send_reply(stream, reply)
    stream.seek(0)
    got, answered = jobs.receive_job(stream), jobs.receive_reply(stream)
    assert (got.source, got.entry, got.names) == ("text", "call", {"nn": "torch.nn"})
    assert (len(got.inputs), len(got.cotangents[0]), len(got.cotangents[1])) == (3, 0, 1)
    assert np.array_equal(got.weights["a.b/c"], X) and np.array_equal(got.inputs[2][0], X * 2)
    assert (answered.error, answered.tensors, answered.parameters) == ("E: x", reply.tensors, ("input",))
    with pytest.raises(EOFError):
        jobs.receive_job(stream)


def test_nothing_is_made_before_it_is_needed_and_nothing_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder of the process that is ended at once, which cannot remove it, is in that of the parent."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with Child("torch", seconds=60) as child:
        assert list(tmp_path.iterdir()) == []
        child.run(Job("import os\nos.abort()"))
        assert child.run(Job(LAYER, inputs=INPUTS)).ok
        (folder,) = tmp_path.iterdir()
        assert list(folder.glob("porter-*/*/porter_case.py"))
    assert list(tmp_path.iterdir()) == []


def test_training_then_evaluation(torch: Child) -> None:
    weights = {"weight": np.array([1.0, 2, 3]), "running_mean": np.array([5.0, 6, 7])}
    reply = torch.run(Job(LAYER, inputs=INPUTS, cotangents=PULLS, weights=weights, dtype="float64"))
    assert reply.ok and reply.dtypes["eval/output/0"] == "float64"
    assert {t.name: t.trainable for t in reply.tensors} == {
        "weight": True, "bias": True, "running_mean": False, "running_var": False, "num_batches_tracked": False,
    }  # fmt: skip
    mean = np.array([5.0, 6, 7])
    for step in (X, X + 1):
        mean = 0.9 * mean + 0.1 * step.mean((0, 2))
    np.testing.assert_allclose(reply.arrays["end/state/running_mean"], mean, rtol=1e-12)
    x, pull = X + 1, X - 1
    normal = (x - x.mean((0, 2), keepdims=True)) / np.sqrt(x.var((0, 2), keepdims=True) + 0.5)
    expected = (pull * normal).sum((0, 2))
    np.testing.assert_allclose(reply.arrays["train 2/weight gradient/weight"], expected, rtol=1e-9)
    assert reply.arrays["start/state/running_mean"].tolist() == [0, 0, 0]


def test_a_crash_costs_one_case(torch: Child) -> None:
    reply = torch.run(Job("import os\nos.abort()"))
    assert (reply.where, reply.error) == ("crash", "the torch process died (SIGABRT)")
    reply = torch.run(Job("import sys, os\nprint('last words', file=sys.stderr)\nsys.stderr.flush()\nos._exit(7)"))
    assert reply.error == "the torch process died (exit code 7): last words"
    assert torch.run(Job(LAYER, inputs=INPUTS)).ok


def test_a_hang_costs_one_case() -> None:
    with Child("torch", seconds=60) as child:
        assert child.run(Job(LAYER, inputs=INPUTS)).ok
        child.seconds = 0.5
        reply = child.run(Job("import time\ntime.sleep(60)"))
        assert (reply.where, reply.error) == ("timeout", "no answer within 0.5 s")
        child.seconds = 60
        assert child.run(Job(LAYER, inputs=INPUTS)).ok


def test_an_aborted_child_answers_at_once_and_does_no_more() -> None:
    with Child("torch", seconds=60) as child:
        assert child.run(Job(LAYER, inputs=INPUTS)).ok
        threading.Timer(0.5, child.abort).start()
        assert child.run(Job("import time\ntime.sleep(60)")).where == "crash"
        with pytest.raises(FrameworkError, match="was ended before its work was done"):
            child.run(Job(LAYER))


FAILURES = {
    "syntax": ("def build(:", "import", "SyntaxError"),
    "import": ("import no_such_module", "import", "ModuleNotFoundError: No module named 'no_such_module'"),
    "exit": ("raise SystemExit(3)", "import", "SystemExit: 3"),
    "build": ("def build():\n    return 1 / 0", "build", "ZeroDivisionError: division by zero"),
    "forward": (LAYER.replace("(3,", "(4,"), "train 1", "RuntimeError: running_mean should contain 3 elements not 4"),
    "no entry": ("", "build", "AttributeError"),
    "other framework": ("import mindspore", "import", "ModuleNotFoundError"),
}


@pytest.mark.parametrize(("source", "where", "error"), FAILURES.values(), ids=FAILURES.keys())
def test_a_failure_says_where_and_what(torch: Child, source: str, where: str, error: str) -> None:
    reply = torch.run(Job(source, inputs=INPUTS))
    assert not reply.ok and reply.where == where and reply.error.startswith(error)


def test_what_a_case_prints_does_not_disturb_the_answer(torch: Child) -> None:
    noisy = f"print('to standard output')\nimport os\nos.write(1, b'raw')\n{LAYER}"
    assert torch.run(Job(noisy, inputs=INPUTS)).ok


def test_names_resolve_to_frameworks_only() -> None:
    assert resolve("math.pi") > 3 and resolve("collections.abc.Mapping") is not None
    for wrong in ("pytest", "porter.check", "math.nothing", "json.no.such"):
        with pytest.raises((ImportError, AttributeError)):
            resolve(wrong)


def test_a_case_sees_its_own_generated_module(torch: Child) -> None:
    source = "def build():\n    return layers.Norm(3)\n"
    text = "import torch\nclass Norm(torch.nn.BatchNorm1d): ...\n"
    job = Job(source, names={"layers": "pkg.porter_layers"}, layers=text, inputs=INPUTS)
    assert torch.run(job).ok
    assert torch.run(Job(source, names={"layers": "porter_layers"}, inputs=INPUTS)).where == "import"


@pytest.mark.parametrize("name", ["torch", "mindspore"])
def test_a_missing_framework_is_one_line(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / f"{name}.py").write_text(f'raise ModuleNotFoundError("No module named {name}")\n')
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with Child(name) as child, pytest.raises(FrameworkError) as caught:  # type: ignore[arg-type]
        child.run(Job(LAYER))
    text = str(caught.value)
    assert text.startswith(f"{name} is needed to check and cannot be imported (ModuleNotFoundError: No module named")
    assert f"pip install {name}" in text and "\n" not in text and caught.value.exit_code == 2
