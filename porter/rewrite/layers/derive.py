"""Write the class or function that takes one framework's arguments and calls the other's, from a rule alone."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Iterator

from porter.rewrite.decide.calls.arguments import default_value, literal_text
from porter.rewrite.decide.calls.binding import NOTHING
from porter.rewrite.layers.templates import Piece
from porter.rewrite.options import Options
from porter.rules.conditions import by_axis
from porter.rules.model import ParamRule, Rule, When
from porter.rules.signature import Parameter, Signature
from porter.rules.transforms import TRANSFORMS, spread

WIDTH = 116


def derived(rule: Rule, options: Options) -> list[Piece]:
    """A class (or a function) with the source framework's signature over the target's own, helpers first."""
    derivation = _Derivation(rule, options)
    piece = derivation.piece()
    return [*derivation.helpers.values(), piece]


class _Derivation:
    def __init__(self, rule: Rule, options: Options) -> None:
        theirs, ours = rule.side(options.source), rule.side(options.to)
        assert theirs.signature is not None and ours.signature is not None and ours.name and theirs.name
        self.rule = rule
        self.options = options
        self.theirs: Signature = theirs.signature
        self.ours: Signature = ours.signature
        self.theirs_name, self.ours_name = theirs.name, ours.name
        self.name = theirs.name.rpartition(".")[2]
        self.crossing = rule.crossing(options.source)
        self.helpers: dict[str, Piece] = {}
        self.torch_names = {mindspore: torch for torch, mindspore in rule.renames.items()}
        module, _, last = ours.name.rpartition(".")
        package, _, short = module.rpartition(".")
        self.reference = f"{short or module}.{last}"
        self.imports = [f"from {package} import {short}" if package else f"import {module}"]

    def piece(self) -> Piece:
        body = [*self.statements(), self.call()]
        doc = f'"""{self.theirs_name}, by {self.ours_name}{self.ignored()}."""'
        if self.rule.is_class:
            head = [f"class {self.name}({self.reference}):", f"    {doc}", ""]
            lines = [*head, f"    def __init__(self, {self.signature()}):", *(f"        {line}" for line in body)]
        else:
            lines = [f"def {self.name}({self.signature()}):", f"    {doc}", *(f"    {line}" for line in body)]
        text = "\n".join(wrapped_code(lines))
        return Piece(self.name, text, tuple(self.imports))

    def ignored(self) -> str:
        dropped = [p.name for p in self.theirs.parameters if self.param_rule(p.name).drop]
        return f"; {' and '.join(dropped)} {'is' if len(dropped) == 1 else 'are'} ignored" if dropped else ""

    def param_rule(self, name: str) -> ParamRule:
        key = self.torch_names[name] if self.options.source == "mindspore" and name in self.crossing else name
        return self.rule.params.get(key, NOTHING)

    def signature(self) -> str:
        """The source framework's parameters; a default that only the source framework could spell becomes ours."""
        parts: list[str] = []
        starred = False
        for parameter in self.theirs.parameters:
            if parameter.kind == "keyword" and not starred:
                parts.append("*")
                starred = True
            stars = {"star": "*", "double star": "**"}.get(parameter.kind, "")
            starred = starred or parameter.kind == "star"
            default = self.default_text(parameter)
            parts.append(f"{stars}{parameter.name}" + (f"={default}" if default is not None else ""))
        others = self.theirs.aliases
        parts += ["*"] if others and not starred else []
        return ", ".join([*parts, *(f"{name}=None" for name in others)])

    def default_text(self, parameter: Parameter) -> str | None:
        value = default_value(self.theirs, parameter.name)
        if parameter.default is None or value.kind == "literal":
            return parameter.default if parameter.default is None else literal_text(value.value)
        ours = self.ours.default(self.crossing.get(parameter.name, ""))
        return ours if ours is not None else "None"

    def statements(self) -> Iterator[str]:
        """What has to happen to the arguments before the other framework gets them."""
        for name in self.variables():
            fixed = self.rule.write_for(self.options.to)
            start = literal_text(fixed[name]) if name in fixed else self.ours.default(name)
            yield f"{name} = {start}"
        for other, name in self.theirs.aliases.items():
            yield f"{name} = {name} if {other} is None else {other}"
        for parameter in self.theirs.parameters:
            if self.param_rule(parameter.name).value == "bool" and self.whens(parameter.name):
                yield f"{parameter.name} = bool({parameter.name})"
            yield from self.branches(parameter)

    def whens(self, name: str) -> tuple[When, ...]:
        """The entries for values of a parameter, which speak of the side that has it first."""
        applies = self.options.source == "torch" or name not in self.crossing
        return self.param_rule(name).when if applies else ()

    def variables(self) -> list[str]:
        """Target parameters without a source parameter that some value sets."""
        back = {ours: theirs for theirs, ours in self.crossing.items()}
        names = [n for p in self.theirs.parameters for w in self.whens(p.name) for n in w.set if n not in back]
        return list(dict.fromkeys(names))

    def branches(self, parameter: Parameter) -> Iterator[str]:
        """What to do for each value that has an entry, and for others where the other side has no such parameter."""
        name, whens, rule = parameter.name, list(self.whens(parameter.name)), self.param_rule(parameter.name)
        missing = name not in self.crossing and parameter.kind in ("positional", "keyword")
        told = {repr(when.value) for when in whens} | {self.theirs.default(name)}
        all_told = any(when.is_other for when in whens) or (rule.value == "bool" and told >= {"True", "False"})
        if missing and not rule.drop and not all_told:
            whens.append(When(None, is_other=True, write="keep", note=f"{self.ours_name} has no {name}"))
        word = "if"
        for test, when in sorted([*self.tests(name, whens), *self.limits(name)], key=lambda pair: pair[1].is_other):
            if test or word == "elif":
                yield f"{word} {test}:" if test else "else:"
                yield from (f"    {line}" for line in self.on_value(name, when))
                word = "elif"

    def tests(self, name: str, whens: list[When]) -> Iterator[tuple[str, When]]:
        """Each entry with the test for its value."""
        for when in whens:
            test = self.differs_from_usual(name) if when.is_other else _equals(name, when.value)
            yield " and ".join([t for t in (test, self.condition(when)) if t]), when

    def limits(self, name: str) -> Iterator[tuple[str, When]]:
        """What the other framework does not take, which raises rather than being taken for something else."""
        limit, transform = self.param_rule(name).ranges.get(self.options.to), self.param_rule(name).value
        if limit is not None:
            axes = transform in ("tuple", "pairs")
            test = limit.source(by_axis=self.by_axis() if axes else "")
            yield f"not {test}" if axes else f"not ({test})", When(None, write="keep", note=limit.note)

    def differs_from_usual(self, name: str) -> str:
        """The test for a value beside the one that the other framework takes for granted; "" when none is known."""
        default = default_value(self.theirs, name)
        written = self.rule.write_for(self.options.source)
        usual = [written[name]] if name in written else [default.value] if default.kind == "literal" else []
        return _differs(name, usual[0]) if usual else ""

    def condition(self, when: When) -> str:
        if when.condition is None:
            return ""
        return when.condition.source(self.by_axis())

    def by_axis(self) -> str:
        """The name of the helper that takes sizes apart."""
        self.helpers["by_axis"] = Piece("_by_axis", _plain_source(inspect.getsource(by_axis), "by_axis"))
        return "_by_axis"

    def on_value(self, name: str, when: When) -> Iterator[str]:
        """Statements for one entry: raise rather than compute something else, or set what it sets."""
        if when.write is not None:
            yield f"raise ValueError({literal_text(when.note or f'{name}={when.value!r} has no counterpart')})"
            return
        back = {ours: theirs for theirs, ours in self.crossing.items()}
        for target, value in when.set.items():
            yield f"{back.get(target, target)} = {literal_text(value)}"
        if when.copy:
            yield f"{name} = {when.copy}"

    def call(self) -> str:
        arguments: list[str] = []
        back = {ours: theirs for theirs, ours in self.crossing.items()}
        constants = self.rule.write_for(self.options.to)
        variables = self.variables()
        for parameter in self.ours.parameters:
            name = parameter.name
            if parameter.kind == "star":
                arguments += self.starred(back.get(name), back.get("*"))
                continue
            if name in back:
                text = self.carried(back[name], name)
            elif name in variables:
                text = name
            elif name in constants:
                text = literal_text(constants[name])
            else:
                continue
            place = self.ours.positional.index(name) if name in self.ours.positional else -1
            arguments.append(text if place == len(arguments) and parameter.default is None else f"{name}={text}")
        joined = ", ".join(arguments)
        return f"super().__init__({joined})" if self.rule.is_class else f"return {self.reference}({joined})"

    def starred(self, star: str | None, collected: str | None) -> list[str]:
        """What the other framework gets in its `*args`: this one's, or the one list that it takes there."""
        if collected is not None:
            return [self.carried(collected, "*")]
        if star is None:
            return []
        if not self.rule.spreads:
            return [f"*{star}"]
        self.helpers["spread"] = Piece("_spread", _plain_source(inspect.getsource(spread), "spread"))
        return [f"*_spread({star})"]

    def carried(self, name: str, target: str) -> str:
        """The expression that the other framework gets for a parameter."""
        rule = self.param_rule(name)
        if rule.value is not None:
            function = TRANSFORMS[rule.value].run_time(back=self.options.source == "mindspore")
            return self.transformed(rule.value, function.__name__, name)
        theirs, ours = default_value(self.theirs, name), self.ours.default(target)
        if rule.same_default and theirs.kind == "literal" and ours is not None and ours != str(theirs.value):
            self.imports += [f"import {ours.partition('.')[0]}"] if "." in ours else []
            return f"{ours} if {_equals(name, theirs.value)} else {name}"
        return name

    def transformed(self, transform: str, function: str, name: str) -> str:
        if function == "unchanged":
            return name
        template = TRANSFORMS[transform].template
        if template is not None:
            return template.format(name)
        back = self.options.source == "mindspore"
        self.helpers[function] = Piece(f"_{function}", _plain_source(TRANSFORMS[transform].source(back=back), function))
        return f"_{function}({name})"


def _plain_source(text: str, function: str) -> str:
    """A transform's own text as a private function without type hints."""
    tree = ast.parse(textwrap.dedent(text)).body[0]
    assert isinstance(tree, ast.FunctionDef)
    tree.name = f"_{function}"
    tree.returns = None
    for argument in tree.args.args:
        argument.annotation = None
    return ast.unparse(ast.fix_missing_locations(tree))


def _equals(name: str, value: object) -> str:
    if value is None or isinstance(value, bool):
        return f"{name} is {value}"
    return f"{name} == {literal_text(value)}"


def _differs(name: str, value: object) -> str:
    if value is None or isinstance(value, bool):
        return f"{name} is not {value}"
    return f"{name} != {literal_text(value)}"


def wrapped_code(lines: list[str]) -> Iterator[str]:
    """Break long signatures and calls behind their opening parenthesis."""
    for line in lines:
        if len(line) <= WIDTH or "(" not in line or line.lstrip().startswith(('"""', "raise")):
            yield line
            continue
        indent = line[: len(line) - len(line.lstrip())]
        cut = line.index("__init__(") + len("__init__(") if "__init__(" in line else line.index("(") + 1
        head, (inner, _, tail) = line[:cut], line[cut:].rpartition(")")
        yield head
        yield from textwrap.wrap(inner, WIDTH, initial_indent=f"{indent}    ", subsequent_indent=f"{indent}    ")
        yield f"{indent}){tail}"
