"""The first start: an environment from the lock, whatever the machine lacks, and never half of one.

Real environments and the real pip, but packages that are made here and found without a network.
"""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
import subprocess
import sys
import zipfile
from importlib.metadata import version
from pathlib import Path

import pytest

from tests.platform.conftest import ROOT

_PROGRAM = """
import sys
import bootstrap
bootstrap.enter(dev=sys.argv[1:2] == ["test"])
import tiny
print(tiny.VERSION, sys.prefix, *sys.argv[1:])
"""


class Project:
    """A checkout of its own with the real bootstrap and a lock of one or two tiny packages."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.wheels = home / "wheels"
        self.wheels.mkdir()
        shutil.copy(ROOT / "bootstrap.py", home)
        shutil.copytree(ROOT / "deploy" / "bootstrap", home / "deploy" / "bootstrap")
        (home / "server.py").write_text(_PROGRAM)
        self.lock("tiny==1")

    def wheel(self, name: str, number: str) -> str:
        """Makes a wheel (PEP 427) of one module and returns its lock line."""
        info = f"{name}-{number}.dist-info"
        files = {
            f"{name}.py": f"VERSION = {number!r}\n",
            f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {number}\n",
            f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        }
        record = [
            f"{path},sha256={base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip('=')},{len(text)}"
            for path, text in files.items()
        ]
        place = self.wheels / f"{name}-{number}-py3-none-any.whl"
        if not place.exists():
            with zipfile.ZipFile(place, "w") as archive:
                for path, text in {**files, f"{info}/RECORD": "\n".join([*record, f"{info}/RECORD,,\n"])}.items():
                    archive.writestr(path, text)
        return f"{name}=={number} \\\n    --hash=sha256:{hashlib.sha256(place.read_bytes()).hexdigest()}\n"

    def lock(self, *pins: str) -> None:
        """Locks the run to the first pin and the tests to all of them."""
        lines = [self.wheel(*pin.split("==")) for pin in pins]
        (self.home / "requirements.lock").write_text(lines[0])
        (self.home / "requirements-dev.lock").write_text("".join(lines))

    def start(self, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, str(self.home / "server.py"), *arguments],
            env={
                "PATH": "/usr/bin:/bin",
                "HOME": str(self.home),
                "PIP_NO_INDEX": "1",
                "PIP_FIND_LINKS": str(self.wheels),
                "PIP_CONFIG_FILE": os.devnull,
                **environment,
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str, **environment: str) -> tuple[int, str, list[str]]:
        """The exit code, what the program said, and the lines that the bootstrap said."""
        process = self.start(*arguments, **environment)
        out, errors = process.communicate(timeout=120)
        return process.returncode, out.strip(), errors.splitlines()

    @property
    def venv(self) -> Path:
        return self.home / ".venv"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def _without_times(lines: list[str]) -> list[str]:
    return ["Installed" if line.startswith("Installed in ") else line for line in lines]


MADE = [
    f"Making .venv with Python {sys.version_info.major}.{sys.version_info.minor}",
    "Installing about 1 locked packages into .venv (once; some 100 MB)",
    "  unpacking",
    "Installed",
]


def test_the_first_start_makes_the_environment_and_the_next_one_says_nothing(project: Project) -> None:
    code, said, steps = project.run("--port", "1")
    assert (code, said) == (0, f"1 {project.venv} --port 1")
    assert _without_times(steps) == MADE
    assert project.run("--port", "1") == (0, f"1 {project.venv} --port 1", [])


def test_a_changed_lock_is_followed_and_the_tests_get_what_they_need_besides(project: Project) -> None:
    project.run()
    project.lock("tiny==2", "tester==1")
    assert project.run()[:2] == (0, f"2 {project.venv}")
    assert list(project.venv.glob("lib/*/site-packages/tester.py")) == []
    assert project.run("test")[:2] == (0, f"2 {project.venv} test")
    assert len(list(project.venv.glob("lib/*/site-packages/tester.py"))) == 1
    assert project.run() == (0, f"2 {project.venv}", [])


def test_an_interrupted_installation_is_made_again(project: Project) -> None:
    project.run()
    (project.venv / "vitrine.stamp").unlink()
    (project.venv / "vitrine.unfinished").touch()
    next(iter(project.venv.glob("lib/*/site-packages/tiny.py"))).unlink()
    code, said, steps = project.run()
    assert (code, said) == (0, f"1 {project.venv}")
    assert _without_times(steps) == MADE
    assert not (project.venv / "vitrine.unfinished").exists()


def test_an_environment_whose_python_has_gone_is_made_again(project: Project) -> None:
    project.run()
    (project.venv / "bin" / "python").unlink()
    (project.venv / "bin" / "python").symlink_to("/nonexistent/python3")
    assert project.run()[:2] == (0, f"1 {project.venv}")


def test_without_the_venv_module_the_environment_is_made_by_hand(project: Project) -> None:
    absent = project.home / "absent"
    absent.mkdir()
    (absent / "venv.py").write_text("raise ImportError('packaged apart')\n")
    code, said, steps = project.run(PYTHONPATH=str(absent))
    assert (code, said) == (0, f"1 {project.venv}")
    assert _without_times(steps) == MADE
    assert project.run() == (0, f"1 {project.venv}", [])


def test_two_first_starts_at_once_make_one_environment(project: Project) -> None:
    starts = [project.start(), project.start()]
    answers = [start.communicate(timeout=120) for start in starts]
    assert [start.returncode for start in starts] == [0, 0]
    assert [out.strip() for out, _ in answers] == [f"1 {project.venv}"] * 2
    assert sum("Making .venv" in errors for _, errors in answers) == 1


def test_a_start_waits_for_the_installer_that_a_killed_start_left(project: Project) -> None:
    lines = [
        "import fcntl, sys, time, pathlib",
        "turn = open('.venv.lock', 'w'); fcntl.flock(turn, fcntl.LOCK_EX)",
        "print(flush=True); sys.stdin.read()",
    ]
    with subprocess.Popen(
        [sys.executable, "-c", "\n".join(lines)], cwd=project.home, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as left:
        assert left.stdout is not None
        left.stdout.readline()
        waiting = project.start()
        assert waiting.stderr is not None
        assert waiting.stderr.readline() == "Another start is making the environment: waiting for it\n"
        assert not project.venv.exists()
        left.communicate()
    assert waiting.communicate(timeout=120)[0].strip() == f"1 {project.venv}"


def test_a_package_that_is_not_the_locked_one_is_not_installed(project: Project) -> None:
    lock = project.home / "requirements.lock"
    right = lock.read_text()
    lock.write_text(right.rpartition(":")[0] + f":{'0' * 64}\n")
    code, said, steps = project.run()
    assert (code, said) == (1, "")
    assert steps[-1] == "The packages could not be installed. Mend the cause and start again."
    assert any("THESE PACKAGES DO NOT MATCH THE HASHES" in line for line in steps)
    assert not any("Traceback" in line for line in steps)
    assert list(project.venv.glob("lib/*/site-packages/tiny.py")) == []

    lock.write_text(right)
    assert project.run()[:2] == (0, f"1 {project.venv}")


def test_a_pip_that_is_not_ours_is_not_run(project: Project) -> None:
    [pip] = (project.home / "deploy" / "bootstrap").glob("pip-*.whl")
    pip.write_bytes(pip.read_bytes() + b" ")
    code, said, steps = project.run()
    assert (code, said) == (1, "")
    assert steps[-1] == f"{pip} is not the file that Vitrine came with: get a fresh copy of the source."


def test_a_python_that_has_everything_is_used_as_it_is(project: Project) -> None:
    (project.home / "requirements.lock").write_text(f"typer=={version('typer')} \\\n    --hash=sha256:{'0' * 64}\n")
    (project.home / "tiny.py").write_text("VERSION = 'here'\n")
    assert project.run() == (0, f"here {sys.prefix}", [])
    assert not project.venv.exists()


def test_an_installer_that_fails_is_followed_by_the_other(project: Project) -> None:
    tools = project.home / "tools"
    tools.mkdir()
    uv = tools / "uv"
    uv.write_text("#!/bin/sh\nexit 2\n")
    uv.chmod(0o755)
    code, said, steps = project.run(PATH=f"{tools}:/usr/bin:/bin")
    assert (code, said) == (0, f"1 {project.venv}")
    assert "uv could not install them; trying pip" in steps


def test_an_old_python_says_what_is_needed() -> None:
    old = "import sys; sys.version_info = (3, 8, 1, 'final', 0); import bootstrap"
    done = subprocess.run(
        [sys.executable, "-c", old], check=False, capture_output=True, text=True, cwd=ROOT, env={"PATH": "/nonexistent"}
    )
    assert done.returncode == 1
    assert done.stderr == "Vitrine needs Python 3.11 or newer; this is 3.8.1. Install one and start again with it.\n"


def test_an_old_python_goes_on_in_a_newer_one(tmp_path: Path) -> None:
    newer = tmp_path / "python3.12"
    newer.write_text('#!/bin/sh\n[ "$1" = -c ] || echo "newer: $@"\n')
    newer.chmod(0o755)
    old = "import sys; sys.version_info = (3, 8, 1, 'final', 0); sys.argv = ['server.py', 'serve']; import bootstrap"
    done = subprocess.run(
        [sys.executable, "-c", old], check=False, capture_output=True, text=True, cwd=ROOT, env={"PATH": f"{tmp_path}:/bin"}
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "newer: server.py serve\n", "")
