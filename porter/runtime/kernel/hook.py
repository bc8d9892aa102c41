"""Compiles the kernel while a wheel, editable or not, is built. Without a compiler the package is pure Python.

A wheel that is no editable one also gets the index of its rules: in a checkout these change.
"""
# mypy: allow-subclassing-any, allow-any-generics

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

KERNEL = Path("porter", "runtime", "kernel")


class KernelBuildHook(BuildHookInterface):
    """Found by hatchling through [tool.hatch.build.targets.wheel.hooks.custom]."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Add the library and the index to the wheel."""
        self._add_library(build_data)
        self.made = Path(tempfile.mkdtemp())
        if version != "editable":
            self._add_index(self.made / "index.json", build_data)

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Leave nothing behind."""
        shutil.rmtree(self.made, ignore_errors=True)

    def _add_index(self, index: Path, build_data: dict[str, Any]) -> None:
        """In a process of its own: what reads rules needs Python alone, and shall not stay in this one."""
        command = [sys.executable, "-E", "-s", "-m", "porter.rules.build", str(Path(self.root, "rules")), str(index)]
        run = subprocess.run(command, cwd=self.root, capture_output=True, text=True, check=False)
        if run.returncode:
            raise RuntimeError(f"the index of the rules could not be made: {run.stderr}")
        build_data["force_include"][str(index)] = "porter/_rules/index.json"

    def _add_library(self, build_data: dict[str, Any]) -> None:
        """The wheel then belongs to this platform; say so where it cannot be compiled."""
        build = _load(Path(self.root, KERNEL, "build.py"))
        library = Path(self.root, KERNEL, build.LIBRARY)
        try:
            if not build.is_current(library):
                build.build(library)
        except build.BuildError as error:
            library.unlink(missing_ok=True)
            self.app.display_warning(f"The InstanceNorm kernel is left out; standard operations will serve. {error}")
            return
        platform = sysconfig.get_platform().replace("-", "_").replace(".", "_")
        build_data["pure_python"] = False
        build_data["tag"] = f"py3-none-{platform}"  # the library knows nothing of Python
        build_data["artifacts"].append((KERNEL / build.LIBRARY).as_posix())


def _load(path: Path) -> Any:
    """porter itself cannot be imported here: what it needs is not installed yet."""
    spec = importlib.util.spec_from_file_location("porter_kernel_build", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
