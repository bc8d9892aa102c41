"""Whether the installed framework has a name of a rule, and the signature that the rule gives it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from porter.frameworks.job import Job, Reply
from porter.proof.names import SignatureCase, Snippet
from porter.results import Result, Verdict

Run = Callable[[Job, Snippet, str], Reply]


def held(case: SignatureCase, run: Run) -> Iterator[Result]:
    """The verdict; none where all that could be asked is whether the name exists, and it does."""
    actual = ""
    for snippet in case.snippets:
        reply = run(Job(), snippet, "float32")
        if not reply.ok and reply.where == "import":
            actual = f"no {case.alone or case.rule.side(case.framework).name}"
            break
        if case.alone:
            return  # that a name exists is no success by itself
        if not reply.ok:
            yield _result(case, Verdict.NOT_RUN, f"the installed one cannot be read: {reply.error}")
            return
        expected, found = reply.parameters
        if expected == found:
            yield _result(case, Verdict.OK)
            return
        actual = f"({found})"
    yield _result(case, Verdict.MISMATCH, f"the installed {case.framework} has {actual}")


def _result(case: SignatureCase, verdict: Verdict, detail: str = "") -> Result:
    repeat = case.repeat if verdict is Verdict.MISMATCH else ""
    return Result(case.name, case.rule.name, verdict, detail, form=f"signature in {case.framework}", repeat=repeat)
