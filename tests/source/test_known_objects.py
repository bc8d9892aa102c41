"""Known is never wrong, of what objects hold: programs that fill and change them from afar. They are run."""

from __future__ import annotations

import pytest

from .running import check_that_known_is_true

PROGRAMS = {
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
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_whatever_is_known_is_true(name: str) -> None:
    check_that_known_is_true(PROGRAMS[name])
