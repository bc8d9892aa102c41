"""What is asked of a framework's child process, what it answers, and how both travel.

A message is a length, a JSON head and an .npz body: numbers and text, nothing that runs when it is read.
"""

from __future__ import annotations

import io
import json
import struct
from dataclasses import asdict, dataclass, field
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

_LENGTHS = struct.Struct("<QQ")


@dataclass(frozen=True)
class Job:
    """Build something from `source`, train it for some steps, evaluate it, and report every number.

    `source` is the text of a module that defines `entry`: `build`, which returns a layer, or `call`, a function of
    the inputs. (The entry `signature` compares the signatures of the text's `expected` and `actual`, no more.) `names`
    maps further names that the text uses to what they stand for (`{"nn": "torch.nn"}`); only the frameworks, numpy and
    the standard library can be named. `layers` is the text of `porter_layers`.

    `inputs` holds one list of arrays per step; the last step is the evaluation. `cotangents` holds, per step, one
    array per output, in the order of the outputs; without it the job ends after one forward pass and serves to learn
    shapes. `by_name` passes the one input by this keyword. `instance_of` names the class that what is built has to be
    an instance of. `weights` maps a state name to its value; names that the layer lacks are ignored (the answer lists
    what it has). Arrays are cast to `dtype` (integers stay as they are).
    """

    source: str = ""
    entry: str = "build"
    names: dict[str, str] = field(default_factory=dict)
    layers: str | None = None
    dtype: str = "float32"
    mode: str = "PyNative"
    native: bool = False
    seed: int = 0
    by_name: str = ""
    instance_of: str = ""
    weights: dict[str, Array] = field(default_factory=dict)
    inputs: tuple[tuple[Array, ...], ...] = ()
    cotangents: tuple[tuple[Array, ...], ...] = ()


@dataclass(frozen=True)
class Tensor:
    """One parameter or buffer of a layer; `saved` is what a checkpoint calls it, where that is another name."""

    name: str
    shape: tuple[int, ...]
    dtype: str
    trainable: bool
    saved: str = ""


@dataclass(frozen=True)
class Reply:
    """The answer to a job.

    `arrays` holds every number under a key `phase/kind/name`: phase is `start` (values right after building),
    `train 1` .. `train K`, `eval`, or `end`; kind is `output`, `mutated` (inputs after a function was called),
    `input gradient`, `weight gradient` or `state`.
    `dtypes` holds the framework's own dtype of each, `parameters` the names of what the layer is called with.
    When something failed, `error` is `TypeName: message` and `where` says at what: `import`, `build`, or a phase; it is
    `crash` or `timeout` when the process did not survive.
    """

    error: str = ""
    where: str = ""
    tensors: tuple[Tensor, ...] = ()
    parameters: tuple[str, ...] = ()
    arrays: dict[str, Array] = field(default_factory=dict)
    dtypes: dict[str, str] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Whether the job ran to its end."""
        return not self.error


def send(stream: IO[bytes], head: dict[str, Any], arrays: dict[str, Array]) -> None:
    """Write one message."""
    body = io.BytesIO()
    np.savez(body, allow_pickle=False, **{f"a{i}": value for i, value in enumerate(arrays.values())})
    text = json.dumps({"head": head, "keys": list(arrays)}).encode()
    stream.write(_LENGTHS.pack(len(text), body.tell()) + text + body.getvalue())
    stream.flush()


def receive(stream: IO[bytes]) -> tuple[dict[str, Any], dict[str, Array]]:
    """Read one message. Raises EOFError when the other side is gone."""
    head_size, body_size = _LENGTHS.unpack(_exactly(stream, _LENGTHS.size))
    text = json.loads(_exactly(stream, head_size))
    with np.load(io.BytesIO(_exactly(stream, body_size)), allow_pickle=False) as body:
        return text["head"], {key: body[f"a{i}"] for i, key in enumerate(text["keys"])}


def _exactly(stream: IO[bytes], size: int) -> bytes:
    data = bytearray()
    while len(data) < size:
        piece = stream.read(size - len(data))
        if not piece:
            raise EOFError("the stream ended inside a message")
        data += piece
    return bytes(data)


def send_job(stream: IO[bytes], job: Job) -> None:
    """Write a job."""
    arrays = {f"weights/{name}": value for name, value in job.weights.items()}
    for part in ("inputs", "cotangents"):
        for step, values in enumerate(getattr(job, part)):
            arrays.update({f"{part}/{step}/{index}": value for index, value in enumerate(values)})
    plain = {k: v for k, v in vars(job).items() if k not in ("weights", "inputs", "cotangents")}
    send(stream, {**plain, "steps": [len(job.inputs), len(job.cotangents)]}, arrays)


def receive_job(stream: IO[bytes]) -> Job:
    """Read a job. Raises EOFError when there will be none."""
    head, arrays = receive(stream)
    inputs, cotangents = head.pop("steps")
    weights = {k.removeprefix("weights/"): v for k, v in arrays.items() if k.startswith("weights/")}
    return Job(
        **head,
        weights=weights,
        inputs=_steps(arrays, "inputs", inputs),
        cotangents=_steps(arrays, "cotangents", cotangents),
    )


def _steps(arrays: dict[str, Array], part: str, count: int) -> tuple[tuple[Array, ...], ...]:
    prefixes = [f"{part}/{step}/" for step in range(count)]
    return tuple(tuple(v for k, v in arrays.items() if k.startswith(prefix)) for prefix in prefixes)


def send_reply(stream: IO[bytes], reply: Reply) -> None:
    """Write a reply."""
    head = {"error": reply.error, "where": reply.where, "dtypes": reply.dtypes, "parameters": reply.parameters}
    send(stream, {**head, "tensors": [asdict(tensor) for tensor in reply.tensors]}, reply.arrays)


def receive_reply(stream: IO[bytes]) -> Reply:
    """Read a reply. Raises EOFError when the child is gone."""
    head, arrays = receive(stream)
    tensors = tuple(Tensor(**{**tensor, "shape": tuple(tensor["shape"])}) for tensor in head["tensors"])
    return Reply(head["error"], head["where"], tensors, tuple(head["parameters"]), arrays, head["dtypes"])
