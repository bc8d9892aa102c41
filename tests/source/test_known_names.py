"""Known is never wrong, of names: programs that bind them in ways that mean to deceive. They are run."""

from __future__ import annotations

import pytest

from .running import check_that_known_is_true

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
    "recursion that changes its parameter": """
        def f(x, n):
            SEEN(x)
            if n:
                return f(B() if n == 1 else x, n - 1)
            return x
        SEEN(f(A(), 2))
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
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_whatever_is_known_is_true(name: str) -> None:
    check_that_known_is_true(PROGRAMS[name])
