"""Known is never wrong: programs that mean to deceive. What is marked is run, and every class that came must be there."""

from __future__ import annotations

import ast
from textwrap import dedent
from typing import Any

import pytest

from .asking import Asked, spelled

PRELUDE = """
class A:
    pass
class B:
    pass
class C:
    pass
"""

PROGRAMS = {
    "a name bound in every kind of statement": """
        def f(k):
            x = A()
            for x in [B()]:
                SEEN(x)
            SEEN(x)
            with open(__file__ if False else "/dev/null") as x:
                pass
            x = A()
            try:
                x = B()
                raise ValueError
                x = C()
            except ValueError:
                SEEN(x)
            finally:
                SEEN(x)
            while k:
                k -= 1
                SEEN(x)
                if k == 1:
                    x = C()
                    continue
                x = A()
                if k == 0:
                    break
            else:
                x = B()
            SEEN(x)
        f(3)
        f(0)
    """,
    "closures and nonlocal": """
        def f():
            x = A()
            def change():
                nonlocal x
                x = B()
            SEEN(x)
            change()
            SEEN(x)
            g = lambda: SEEN(x)
            x = C()
            g()
        f()
    """,
    "globals": """
        x = A()
        def change():
            global x
            x = B()
        SEEN(x)
        change()
        SEEN(x)
        def g():
            SEEN(x)
        g()
    """,
    "late generators": """
        def f():
            x = A()
            g = (SEEN(x) for _ in [1])
            x = B()
            list(g)
            h = [SEEN(x) for _ in [1]]
        f()
    """,
    "attributes set by others": """
        class N:
            def __init__(self):
                self.a = A()
                self.b = A()
                self.c = A()
                self.d = A()
            def f(self):
                SEEN(self.a)
                SEEN(self.b)
                SEEN(self.c)
                SEEN(self.d)
        class M(N):
            def __init__(self):
                super().__init__()
                self.a = B()
        def put(o, name):
            setattr(o, name, C())
        n = N()
        n.b = B()
        put(n, "c")
        vars(n)["d"] = C()
        n.f()
        M().f()
    """,
    "mixins and overrides": """
        class N:
            kind = A()
            def make(self):
                return A()
            def f(self):
                SEEN(self.kind)
                SEEN(self.make())
        class X:
            kind = B()
            def make(self):
                return B()
        class M(X, N):
            pass
        class O(N):
            @property
            def kind(self):
                return C()
        N().f()
        M().f()
        O().f()
    """,
    "lists filled through other names": """
        def fill(xs):
            xs.append(C())
        def f():
            xs = [A()]
            ys = xs
            ys.append(B())
            fill(xs)
            for x in xs:
                SEEN(x)
            zs = {}
            zs["a"] = A()
            zs.setdefault("b", B())
            zs.update(c=C())
            for z in zs.values():
                SEEN(z)
            q = [A()]
            put = q.append
            put(B())
            for x in q:
                SEEN(x)
            r = [A()] * 2
            r[0:1] = [B()]
            for x in r:
                SEEN(x)
        f()
    """,
    "guards that end": """
        def f(x, y):
            if isinstance(x, A):
                SEEN(x)
                x = y
                SEEN(x)
            k = isinstance(x, A)
            x = C()
            if k:
                SEEN(x)
            SEEN(x)
        f(A(), B())
        f(A(), A())
    """,
    "a guard and a closure that changes the name": """
        def f(x):
            def change():
                nonlocal x
                x = B()
            if isinstance(x, A):
                change()
                SEEN(x)
        f(A())
    """,
    "a guard of an attribute and a method that sets it": """
        class N:
            def __init__(self, a):
                self.a = a
            def reset(self):
                self.a = B()
            def f(self):
                if isinstance(self.a, A):
                    self.reset()
                    SEEN(self.a)
        N(A()).f()
    """,
    "walrus and short circuits": """
        def f(k):
            x = A()
            if k and (x := B()):
                SEEN(x)
            SEEN(x)
            y = A()
            (k or (y := B())) and SEEN(y)
            z = A()
            [z := C() for _ in range(k)]
            SEEN(z)
            (w := A()) if k else (w := B())
            SEEN(w)
        f(0)
        f(1)
    """,
    "suppressed errors": """
        from contextlib import suppress
        def f():
            x = A()
            with suppress(ValueError):
                x = B()
                raise ValueError
                x = C()
            SEEN(x)
        f()
    """,
    "parameters that are called in several ways": """
        def f(x, *rest, y=A(), **more):
            SEEN(x)
            SEEN(y)
        f(A())
        f(*[B()])
        f(x=C(), **{"y": B()})
        g = f
        g(B(), y=C())
    """,
    "a function that is given another name": """
        def f():
            return A()
        def g():
            return B()
        h = f
        SEEN(h())
        f = g
        SEEN(f())
        class N:
            def run(self):
                return A()
        N.run = lambda self: B()
        SEEN(N().run())
    """,
    "match": """
        def f(x):
            match x:
                case A() | B():
                    SEEN(x)
                case C() as y:
                    SEEN(y)
            match [x, A()]:
                case [a, b]:
                    SEEN(a)
                    SEEN(b)
        f(A())
        f(B())
        f(C())
    """,
    "unpacking": """
        def two():
            return A(), B()
        a, b = two()
        SEEN(a)
        SEEN(b)
        a, *b = [A(), B(), C()]
        SEEN(b[0])
        (a, b), c = (A(), B()), C()
        SEEN(a)
        SEEN(c)
        for i, (a, b) in enumerate(zip([A()], [B()])):
            SEEN(a)
            SEEN(b)
        a, b = b, a
        SEEN(a)
        d = {A(): B()}
        for k, v in d.items():
            SEEN(k)
            SEEN(v)
        for k in d:
            SEEN(k)
    """,
    "slots, hooks and class attributes": """
        class N:
            def __getattr__(self, name):
                return B()
            def f(self):
                SEEN(self.missing)
        N().f()
        class M:
            def __setattr__(self, name, value):
                object.__setattr__(self, name, B())
            def __init__(self):
                self.a = A()
                SEEN(self.a)
        M()
        class K:
            a = A()
            def f(self):
                SEEN(self.a)
                SEEN(K.a)
        K.a = B()
        K().f()
        setattr(K, "a", C())
        K().f()
    """,
    "recursion that changes its parameter": """
        def f(x, n):
            SEEN(x)
            if n:
                return f(B() if n == 1 else x, n - 1)
            return x
        SEEN(f(A(), 2))
    """,
    "decorators": """
        def swap(function):
            return lambda *a: B()
        @swap
        def f():
            return A()
        SEEN(f())
        class N:
            @swap
            def g(self):
                return A()
        SEEN(N().g())
    """,
    "new and metaclasses": """
        class N:
            def __new__(cls):
                return B()
        SEEN(N())
        class Meta(type):
            def __call__(cls):
                return C()
        class M(metaclass=Meta):
            pass
        SEEN(M())
    """,
    "changed in a nested loop": """
        def f():
            x = A()
            for i in range(2):
                for j in range(2):
                    SEEN(x)
                    if j:
                        break
                    x = B()
                else:
                    x = C()
                if i:
                    continue
                x = C()
            SEEN(x)
        f()
    """,
    "exec and globals": """
        x = A()
        globals()["x"] = B()
        SEEN(x)
        def f():
            SEEN(x)
        f()
    """,
    "del": """
        def f():
            x = A()
            del x
            x = B()
            SEEN(x)
        f()
        class N:
            a = B()
            def __init__(self):
                self.a = A()
            def f(self):
                del self.a
                SEEN(self.a)
        N().f()
    """,
    "a loop that reads before it binds": """
        def f():
            first = True
            for i in range(2):
                if not first:
                    SEEN(x)
                x = A() if first else B()
                first = False
            SEEN(x)
        f()
    """,
    "finally after return": """
        def f(k):
            x = A()
            try:
                if k:
                    x = B()
                    return
                x = C()
            finally:
                SEEN(x)
        f(0)
        f(1)
    """,
    "instances and their own attributes": """
        class N:
            def run(self):
                return A()
            def f(self):
                SEEN(self.run())
        n = N()
        n.run = lambda: B()
        n.f()
    """,
    "default that is filled": """
        def f(xs=[A()]):
            SEEN(xs[-1])
            xs.append(B())
        f()
        f()
    """,
    "a container's attribute": """
        class N:
            def __init__(self):
                self.xs = []
                self.xs.append(A())
            def f(self):
                for x in self.xs:
                    SEEN(x)
        def more(xs):
            xs.append(C())
        n = N()
        n.xs.append(B())
        more(n.xs)
        n.f()
    """,
}


class _Recorder(ast.NodeTransformer):
    """Gives each mark its number."""

    def __init__(self) -> None:
        self.marks: dict[tuple[int, int], int] = {}

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.func, ast.Name) and node.func.id == "print":
            where = (node.lineno, node.col_offset)
            node.args.append(ast.Tuple([ast.Constant(where[0]), ast.Constant(where[1])], ast.Load()))
        return node


def run(text: str) -> dict[tuple[int, int], set[str]]:
    """The classes that each mark saw."""
    seen: dict[tuple[int, int], set[str]] = {}

    def mark(value: Any, where: tuple[int, int]) -> Any:
        seen.setdefault(where, set()).add(type(value).__name__)
        return value

    tree = ast.fix_missing_locations(_Recorder().visit(ast.parse(text)))
    exec(compile(tree, "m.py", "exec"), {"print": mark, "__name__": "m", "__file__": "m.py"})
    return seen


@pytest.mark.parametrize("name", PROGRAMS)
def test_whatever_is_known_is_true(name: str) -> None:
    text = PRELUDE + dedent(PROGRAMS[name])
    asked = Asked({"m.py": text})
    seen = run(text.replace("SEEN(", "print("))
    marks = asked.marked("m.py")
    values = asked.values("m.py")
    assert marks
    assert seen
    for node in marks:
        call = node.parent  # type: ignore[attr-defined]
        answer = values.of(node)
        if answer.is_known:
            told = {spelled(thing).removeprefix("a ") for thing in answer.things}
            assert seen.get((call.lineno, call.col_offset), set()) <= told, f"line {call.lineno}: {ast.unparse(call)}"
