"""One fixture, one test of each kind: expected text, expected findings, health, second run, untouched lines."""

from __future__ import annotations

import ast

import pytest

from porter.convert import convert_text

from .harness import (
    Case,
    Notes,
    as_built,
    cases,
    comments,
    docstrings,
    notes_of,
    rules,
    undefined_names,
    untouched,
    without_marks,
)

every_case = pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
CHANGED = [case for case in cases() if not case.unchanged]


@every_case
def test_text(case: Case, refresh: bool) -> None:
    after = case.convert().text
    if refresh and not case.unchanged:
        case.expected.write_text(after, encoding="utf-8")
    assert case.expected.exists(), "no expected text: run `pytest tests/convert --refresh` and read what it wrote"
    assert after == case.expected.read_text(encoding="utf-8")


@every_case
def test_findings(case: Case, refresh: bool) -> None:
    notes, found = Notes.read(case.notes), notes_of(case.convert())
    if refresh:
        notes.write(case.notes, found)
        notes = Notes.read(case.notes)
    assert found == list(notes.expected)


@pytest.mark.parametrize("case", CHANGED, ids=lambda case: case.name)
def test_changes_something(case: Case) -> None:
    """Or the case belongs into unchanged/, where it is counted."""
    assert case.convert().text != case.before


@every_case
def test_compiles(case: Case) -> None:
    after = case.convert().text
    compile(ast.parse(after), case.name, "exec", dont_inherit=True)


@every_case
def test_leaves_no_name_undefined(case: Case) -> None:
    assert not undefined_names(case.convert().text) - undefined_names(case.before)


@every_case
def test_keeps_comments(case: Case) -> None:
    assert comments(case.convert().text) == comments(case.before)


@every_case
def test_keeps_docstrings(case: Case) -> None:
    assert docstrings(case.convert().text) == docstrings(case.before)


@every_case
def test_second_run_changes_nothing(case: Case) -> None:
    after = case.convert().text
    assert convert_text(after, rules(), case.options, path=case.path.name).text == after


@every_case
def test_untouched_lines_stay(case: Case) -> None:
    """In their order, to the last space."""
    result = case.convert()
    left = iter(without_marks(as_built(result.text)))
    lost = [line for line in untouched(case.before, result) if line not in left]
    assert not lost


@every_case
def test_marks_can_be_left_out(case: Case) -> None:
    """Without marks the text is the same text, less the marks."""
    options = case.options
    unmarked = type(options)(to=options.to, platform=options.platform, level=options.level, mark=False)
    result = convert_text(case.before, rules(), unmarked, path=case.path.name)
    assert without_marks(result.text) == without_marks(case.convert().text)
    assert result.findings == case.convert().findings


@every_case
def test_sites_are_where_they_say(case: Case) -> None:
    """A site's text stands at its line and column."""
    lines = case.before.split("\n")
    for site in case.convert().sites:
        rest = "\n".join([lines[site.line - 1][site.column - 1 :], *lines[site.line :]])
        assert rest.startswith(site.before), f"{site.line}:{site.column} is not {site.before!r}"
