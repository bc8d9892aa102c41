"""The rule tables: all rules, one rule with the parameters of both sides side by side, and names without a rule."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from rich.console import Console
from rich.text import Text

from porter.codes import EXPLAINED, Code
from porter.report.console import plain_table, say, show, visible, write
from porter.rules.hints import hint_for
from porter.rules.model import Framework, ParamRule, Rule, Side, When, other
from porter.rules.ranges import Range
from porter.rules.template import find
from porter.rules.transforms import TRANSFORMS

ONE_WAY = {"": "", "mindspore": "converted to MindSpore only, not back", "torch": "converted to torch only"}
SIDES = (("PyTorch", "torch"), ("MindSpore", "mindspore"))


_PACKS = {
    "tuple": "one tuple; torch takes the numbers, or one sequence",
    "tuple or int": "one tuple, or one number; torch takes the numbers, or one sequence",
    "star": "the numbers, or one sequence",
}


def print_rules(rules: Iterable[Rule], console: Console, more: int = 0) -> None:
    """One line for each rule, in the order of the names. `more`: names that are the same but for their paths."""
    table = plain_table(rule="fold", MindSpore="fold", native_layer_runs_on="fold")
    listed = sorted(rules, key=lambda rule: rule.name)
    for rule in listed:
        table.add_row(visible(rule.name), Text(_counterpart(rule)), _platforms(rule))
    show(console, table)
    say(console, f"\n{len(listed)} rules. `porter rules NAME` shows one: its parameters, weights and documentation.")
    if more:
        say(console, f"{more} more names of MindSpore are torch's by another path, such as mint.abs.")


def print_rule(rule: Rule, console: Console) -> None:
    """Both signatures as a table of parameters and what becomes of each, then weights, methods and notes."""
    named = rule.torch.name or "(no counterpart)"
    write(console, Text(f"{named} <-> {_counterpart(rule)}", style="bold"))
    for title, framework in SIDES:
        side = rule.torch if framework == "torch" else rule.mindspore
        if side.docs:
            write(console, f"{title}: {side.docs}")
    if rule.files:
        say(console, Text(visible(f"Read from: {', which extends '.join(rule.files)}")))
    for to, templates in rule.layer.items() if rule.folders else ():
        places = [f"{name} ({find(to, name, rule.folders)})" for name in dict.fromkeys(templates.values())]
        say(console, Text(visible(f"The generated module has on the way to {to}: {', '.join(places)}")))
    if rule.tied:
        say(console, f"The native layer of MindSpore runs on: {_platforms(rule)}")
    for heading, sentence in (
        ("Left as it is", rule.torch.none or rule.mindspore.none),
        ("Also called", ", ".join([*rule.torch.aliases, *rule.mindspore.aliases])),
        ("One way", ONE_WAY[rule.one_way]),
        ("Caution", rule.caution),
        ("In GRAPH mode", rule.graph),
        ("An assignment goes", rule.assigned),
        ("Batches only", rule.batched),
        ("Type tests", f"for the counterparts of {', '.join(rule.type_test)}" if rule.type_test else rule.no_type_test),
        *((f"Read in every call in {side} only", ", ".join(names)) for side, names in rule.live.items()),
        ("Note", "; ".join(rule.notes.values())),
    ):
        if sentence:
            say(console, Text(f"{heading}: {visible(sentence)}"))
    _print_parameters(rule, console)
    _print_becomes(rule, console)
    _print_pairs("when it is called", rule.forward, console)
    _print_pairs("weights", rule.weights, console)
    _print_pairs("attributes", rule.attributes, console)
    _print_pairs("methods", rule.methods, console)
    _print_absent(rule, console)
    _print_differs(rule, console)
    _print_versions(rule, console)


def _print_becomes(rule: Rule, console: Console) -> None:
    """What calls become that have another shape, in the order in which the entries are tried."""
    for to, entries in rule.becomes.items():
        side = rule.side(other(to))
        own = f"({side.signature.text})" if side.signature else ""
        shown = f"What {side.name or rule.name}{own} becomes on the way to {to}:"
        console.print()
        say(console, Text(visible(shown), style="bold"))
        table = plain_table(where="fold", becomes="fold", note="fold")
        for entry in entries:
            conditions = [f"{name} is given" for name in entry.given]
            conditions += [f"{name} is a {kind}" for name, kind in entry.kinds.items()]
            text = entry.template.text if entry.template else "the call as it stands"
            note = "; ".join(filter(None, [entry.note, "the same in both frameworks" if entry.common else ""]))
            table.add_row(Text(", ".join(conditions) or "otherwise"), Text(text), Text(note))
        show(console, table)


def print_code(code: Code, console: Console) -> None:
    """What a finding of this code says."""
    say(console, Text(f"{code}: {EXPLAINED[code]}"))


def print_missing(rows: Sequence[tuple[str, int, int]], where: str, console: Console) -> None:
    """Names that have no rule with uses and files, the most used first."""
    if not rows:
        say(console, f"Every name that {where} uses has a rule.")
        return
    near = {name: hint.near for name, _, _ in rows if (hint := hint_for(name)) is not None and hint.near}
    table = plain_table(name="fold", uses="number", files="number", **({"nearest_known": "fold"} if near else {}))
    for name, uses, files in sorted(rows, key=lambda row: (-row[1], row[0])):
        table.add_row(visible(name), str(uses), str(files), *([near.get(name, "")] if near else []))
    show(console, table)
    say(console, f"\n{len(rows)} names without a rule, {sum(uses for _, uses, _ in rows)} uses.")


def _counterpart(rule: Rule) -> str:
    """What the name is in MindSpore: its name there, a template, or what the generated module has."""
    forms = [entry.template.text for entry in rule.becomes.get("mindspore", ()) if entry.template is not None]
    shown = forms[0] if len(forms) == 1 else f"one of {len(forms)} templates" if forms else "(no counterpart)"
    shown = "(in the generated module)" if rule.layer.get("mindspore") and not forms else shown
    return rule.mindspore.name or shown


def _platforms(rule: Rule) -> str:
    return ", ".join(rule.mindspore.platforms) if rule.mindspore.name else ""


def _print_parameters(rule: Rule, console: Console) -> None:
    rows = list(_parameter_rows(rule))
    if not rows or not rule.mindspore.name:
        return
    console.print()
    table = plain_table(PyTorch="fold", MindSpore="fold", what_happens="fold")
    for ours, theirs, sentences in rows:
        table.add_row(Text(ours), Text(theirs), Text("\n".join(sentences)))
    show(console, table)


def _parameter_rows(rule: Rule) -> Iterator[tuple[str, str, list[str]]]:
    torch, mindspore = rule.torch.signature, rule.mindspore.signature
    crossing = rule.renames
    for parameter in torch.parameters if torch else ():
        target = crossing.get(parameter.name)
        yield _shown(rule.torch, parameter.name), _shown(rule.mindspore, target), _what(rule, parameter.name, target)
    for parameter in mindspore.parameters if mindspore else ():
        if parameter.name not in crossing.values():
            yield "", _shown(rule.mindspore, parameter.name), _what(rule, None, parameter.name)


def _shown(side: Side, name: str | None) -> str:
    """A parameter with its default, as a signature writes it."""
    parameter = side.signature.names.get(name) if side.signature and name else None
    if parameter is None:
        return name or ""
    stars = {"star": "*", "double star": "**"}.get(parameter.kind, "")
    return f"{stars}{name}" if parameter.default is None else f"{stars}{name}={parameter.default}"


def _what(rule: Rule, ours: str | None, theirs: str | None) -> list[str]:
    """What becomes of one parameter, in sentences."""
    param = rule.params.get(ours or theirs or "", ParamRule(ours or theirs or ""))
    said = [*_constants(rule, ours, theirs), *_crossing(rule, param, ours, theirs)]
    if not said and ours and theirs:
        said = ["the same"]
    said += [f"torch takes {' and '.join(param.alias)} as well"] if param.alias else []
    said += [_PACKS[param.pack]] if param.pack else []
    said += [text for text in (param.note, param.inert) if text]
    said += [_when(when) for when in param.when]
    said += [_limit(to, limit) for to, limit in param.ranges.items()]
    said += [f"{name} keeps the call: {why}" for name, why in param.names.items()]
    return said or ["only in " + ("PyTorch" if ours else "MindSpore")]


def _crossing(rule: Rule, param: ParamRule, ours: str | None, theirs: str | None) -> Iterator[str]:
    if param.drop:
        yield f"left out: {param.drop}"
    if ours and theirs and theirs not in (ours, "*"):
        yield "other name"
    if param.value and ours and theirs:
        yield f"value: {_transform(param.value)}"
    if param.values and ours and theirs:
        yield f"value: {param.values.text}"
    if not (ours and theirs):
        return
    defaults = [
        side.signature.default(name) for side, name in ((rule.torch, ours), (rule.mindspore, theirs)) if side.signature
    ]
    if param.same_default:
        yield f"the defaults mean the same: {param.same_default}"
    elif _is_written_out(param, defaults):
        yield "other default: written out, both ways"


def _is_written_out(param: ParamRule, defaults: list[str | None]) -> bool:
    """Whether the two defaults mean something else, so that a call without the argument gets one."""
    if len(set(defaults)) < 2 or None in defaults or param.value not in (None, "bool"):
        return False
    pairs = param.values.pairs if param.values else ()
    return (defaults[0], defaults[1]) not in [(repr(ours), repr(theirs)) for ours, theirs in pairs]


def _constants(rule: Rule, ours: str | None, theirs: str | None) -> Iterator[str]:
    for framework, name in (("torch", ours), ("mindspore", theirs)):
        constants = rule.write_for("torch" if framework == "torch" else "mindspore")
        if name in constants:
            yield f"{constants[name]!r} is always written"


def _when(when: When) -> str:
    value = "any other value" if when.is_other else repr(when.value)
    value += f" where {when.condition.text}" if when.condition else ""
    what = {"class": "the generated class keeps it", "keep": "the call stays as it is", None: ""}[when.write]
    sets = [f"sets {name}={new!r}" for name, new in when.set.items()]
    copies = [f"takes the value of {when.copy}"] if when.copy else []
    done = ", ".join(text for text in (what, *sets, *copies) if text)
    note = f" ({when.note})" if when.note and done else when.note
    return f"{value}: {done}{note}"


def _limit(to: Framework, limit: Range) -> str:
    what = "goes to the generated class" if limit.write == "class" else "stays as it is"
    return f"on the way to {to}, what is not {limit.text} {what} ({limit.note})"


def _transform(name: str) -> str:
    transform = TRANSFORMS.get(name)
    doc = (transform.forward.__doc__ or "").split("\n")[0].rstrip(".") if transform else ""
    return doc[:1].lower() + doc[1:] if doc[1:2].islower() or doc[1:2] == " " else doc or name


def _print_pairs(title: str, pairs: dict[str, str], console: Console) -> None:
    if not pairs:
        return
    console.print()
    table = plain_table(PyTorch="fold", MindSpore="fold")
    for ours, theirs in pairs.items():
        table.add_row(Text(ours), Text(theirs))
    console.print(Text(f"{title}:", style="bold"))
    show(console, table)


def _print_absent(rule: Rule, console: Console) -> None:
    tables = [(f"Left as it is on the way to {to}", names) for to, names in rule.absent.items()]
    tables += [(f"Names of one's own that are told on the way to {to}", names) for to, names in rule.taken.items()]
    for title, names in tables:
        if not names:
            continue
        console.print(f"\n{title}:", style="bold")
        table = plain_table(name="fold", why="fold")
        for name, why in names.items():
            table.add_row(Text(name), Text(why))
        show(console, table)


def _print_differs(rule: Rule, console: Console) -> None:
    rows: dict[tuple[str, str], list[str]] = {}
    for framework, methods in rule.differs.items():
        for name, difference in methods.items():
            rows.setdefault((name, difference.why), []).append(framework)
    if not rows:
        return
    console.print("\nMethods that differ, which is told where they are called:", style="bold")
    table = plain_table(name="fold", why="fold")
    for (name, why), ways in sorted(rows.items()):
        table.add_row(Text(name), Text(why if len(ways) > 1 else f"{why} (told on the way to {ways[0]})"))
    show(console, table)


def _print_versions(rule: Rule, console: Console) -> None:
    for version in rule.versions:
        console.print(f"\nIn {version.framework} {version.range}:", style="bold")
        say(console, Text(version.signature.text))
