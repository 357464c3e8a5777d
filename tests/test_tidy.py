"""The house rules that no other tool keeps: sizes, names, mirrored tests, one home for each code.

Goal: a rule that is only written down is broken by the third change. Method: plain `ast` and text
over the tracked files. There is no exemption list; an exception is argued in design/decisions.
"""

import ast
import re
import subprocess

import pytest

from tests.paths import ROOT

FUNCTION_LINES_MAX = 70
FILE_LINES_MAX = 400
FILE_LINES_MAX_TEST = 600
BANNED_NAMES = re.compile(
    r"(^|_)(utils?|helpers?|manager|common|misc|base|handlers?|maintainer|processor|service)(_|$)"
)
BANNED_CLASS = re.compile(r"(Util|Helper|Manager|Handler|Maintainer|Processor|Service)s?$")
SOURCES = sorted((ROOT / "src" / "keepsight").rglob("*.py"))
WEB = sorted(
    path
    for pattern in ("*.ts", "*.svelte")
    for path in (ROOT / "web").rglob(pattern)
    if "node_modules" not in path.parts
)
TESTS = sorted((ROOT / "tests").rglob("*.py"))


def tracked_files():
    answer = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if answer.returncode != 0:
        pytest.skip("not a git checkout")
    return [ROOT / line for line in answer.stdout.splitlines() if (ROOT / line).is_file()]


def name_of(path):
    return str(path.relative_to(ROOT))


def functions(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node


def code_lines(node):
    body = node.body
    has_docstring = isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant)
    first = body[1] if has_docstring and len(body) > 1 else body[0]
    return node.end_lineno - first.lineno + 1


def test_functions_can_be_seen_whole():
    long = [
        f"{name_of(path)}:{node.lineno} {node.name} has {code_lines(node)} lines"
        for path in SOURCES
        for node in functions(path)
        if code_lines(node) > FUNCTION_LINES_MAX
    ]
    assert not long, "\n".join(long)


@pytest.mark.parametrize(
    ("files", "lines_max"), [(SOURCES + WEB, FILE_LINES_MAX), (TESTS, FILE_LINES_MAX_TEST)]
)
def test_files_are_short(files, lines_max):
    long = {name_of(p): n for p in files if (n := len(p.read_text().splitlines())) > lines_max}
    assert not long, long


def test_no_room_is_called_after_nothing():
    bad = [name_of(path) for path in SOURCES if BANNED_NAMES.search(path.stem)]
    bad += [
        f"{name_of(path)}: class {node.name}"
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ClassDef) and BANNED_CLASS.search(node.name)
    ]
    assert not bad, bad


def test_every_module_says_what_it_is_for():
    silent = [
        name_of(path)
        for path in SOURCES + TESTS
        if path.read_text().strip() and not ast.get_docstring(ast.parse(path.read_text()))
    ]
    assert not silent, silent


def mirror_of(path):
    parts = path.relative_to(ROOT / "src" / "keepsight").with_suffix("").parts
    return ROOT.joinpath("tests", *parts[:-1], f"test_{parts[-1].strip('_')}.py")


def only_declares(path):
    """Nouns (dataclasses, enums, protocols, constants) and docstrings need no test of their own."""
    tree = ast.parse(path.read_text())
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            return False
        if isinstance(node, ast.ClassDef):
            is_noun = node.decorator_list or node.bases
            methods = [n for n in node.body if isinstance(n, ast.FunctionDef)]
            if not is_noun or any(len(method.body) > 3 for method in methods):
                return False
    return True


def test_every_source_file_has_its_test_file():
    missing = [
        f"{name_of(path)} -> {name_of(mirror_of(path))}"
        for path in SOURCES
        if not only_declares(path)
        and "migrations" not in path.parts
        and not mirror_of(path).exists()
        and not mirror_of(path).with_suffix("").is_dir()
    ]
    assert not missing, "\n".join(missing)


def test_no_test_folder_hides_its_files():
    without = [
        name_of(folder)
        for folder in {path.parent for path in TESTS}
        if not (folder / "__init__.py").exists()
    ]
    assert not without, without


ONE_HOME = {
    # what -> where it may stand
    r"\bsqlalchemy\b": ("hub/store/", "hub/record/"),
    r"\bimport av\b|\bfrom av\b": ("camera/", "hub/record/export", "detect/"),
    r"\bimport fastapi\b|\bfrom fastapi\b": ("hub/api/", "hub/hub.py"),
    r"\baiohttp\b": ("door/", "serve/control.py", "hub/notices/push.py"),
    r"\bwrap_for_device\b": ("seal/release.py", "hub/keyrelease.py"),
    r"\.reveal\(\)": (
        *("core/", "serve/", "cli/", "camera/", "lan/rtsp/auth.py"),
        *("hub/access.py", "hub/keyring.py", "hub/hub.py", "hub/__main__.py", "hub/api/setup.py"),
        *("hub/recover.py", "hub/signin/", "hub/mail.py", "hub/outbox.py", "hub/notices/"),
        *("hub/api/epochs.py", "hub/api/factors.py"),
    ),
    r"\bcreate_subprocess|\bPopen\b|\bsubprocess\b": (
        *("serve/child.py", "hub/record/export", "hub/checks/examination.py", "camera/", "lab/"),
        *("detect/", "hub/watch/process.py", "hub/record/redaction.py"),
    ),
}


@pytest.mark.parametrize("what", ONE_HOME, ids=lambda what: what[:30])
def test_each_kind_of_code_has_one_home(what):
    homes = ONE_HOME[what]
    strays = [
        f"{name_of(path)}:{number}: {line.strip()}"
        for path in SOURCES
        if not str(path.relative_to(ROOT / "src" / "keepsight")).startswith(homes)
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if re.search(what, line) and not line.lstrip().startswith(("#", '"'))
    ]
    assert not strays, "\n".join(strays)


def test_core_is_a_closed_list_of_standard_library_code():
    core = ROOT / "src" / "keepsight" / "core"
    assert {p.stem for p in core.glob("*.py")} == {
        "__init__", "clock", "device", "destination", "secret",
    }  # fmt: skip
    for path in core.glob("*.py"):
        imports = re.findall(r"^(?:from|import) (\w+)", path.read_text(), re.MULTILINE)
        assert not set(imports) & {"cryptography", "numpy", "av", "fastapi"}, path


def test_only_open_makes_an_opened():
    """No picture reaches a screen except as `Opened`, and only `seal.frame.open` makes one."""
    makers = [
        f"{name_of(path)}:{node.lineno}"
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
        and getattr(node.func, "id", getattr(node.func, "attr", "")) == "Opened"
    ]
    assert len(makers) == 1, makers
    assert makers[0].startswith("src/keepsight/seal/frame.py")


def test_decryption_happens_in_the_seal_only():
    strays = [
        f"{name_of(path)}:{number}"
        for path in SOURCES
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if "AESGCM" in line and not {"seal", "lab"} & set(path.parts) and path.name != "keyring.py"
    ]
    assert not strays, strays


def test_the_browser_decrypts_in_one_module_too():
    strays = [
        name_of(path)
        for path in WEB
        if re.search(r"\bsubtle\s*\.\s*decrypt\b", path.read_text())
        and path.parent.name != "seal"
        and "test" not in path.name
    ]
    assert not strays, strays


def test_no_unfinished_marks():
    marks = [
        f"{name_of(path)}:{number}"
        for path in SOURCES + WEB
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if re.search(r"\b(TODO|FIXME|XXX|HACK)\b", line)
    ]
    assert not marks, marks


def test_nothing_names_a_machine_or_a_registry():
    words = [
        r"/wo" + r"rk/",
        r"/ro" + r"ot/",
        r"pypi\." + "org",
        r"npmjs\." + "org",
        "python" + "hosted",
    ]
    pattern = re.compile("|".join(words))
    found = []
    for path in tracked_files():
        if path.suffix in {".png", ".ico", ".woff2", ".apk", ".pcap"}:
            continue
        text = path.read_text(errors="replace")
        found += [f"{name_of(path)}: {m.group()}" for m in pattern.finditer(text)]
    assert not found, found


def test_no_tracked_file_is_large():
    large = {name_of(p): p.stat().st_size for p in tracked_files() if p.stat().st_size > 1 << 20}
    assert not large, large


def test_every_named_fragment_limit_has_a_unit():
    """Limits end in what they count: _bytes_max, _seconds, _packets_max..."""
    bad = [
        f"{name_of(path)}: {name}"
        for path in SOURCES
        for name in re.findall(r"^(MAX_\w+|\w*TIMEOUT)\b", path.read_text(), re.MULTILINE)
    ]
    assert not bad, bad


def test_paths_exist_that_documents_name():
    folders = [ROOT / "docs", ROOT / "design"]
    documents = [*ROOT.glob("*.md"), *(p for folder in folders for p in folder.rglob("*.md"))]
    missing = [
        f"{name_of(document)} -> {target}"
        for document in documents
        for target in re.findall(r"\]\((?!https?:|#|mailto:)([^)#]+)", document.read_text())
        if not (document.parent / target).exists() and not (ROOT / target).exists()
    ]
    assert not missing, missing


def test_python_and_web_have_no_identical_long_files():
    seen = {}
    for path in SOURCES + WEB:
        text = path.read_text()
        if len(text) > 500:
            assert text not in seen, f"{name_of(path)} is a copy of {name_of(seen[text])}"
            seen[text] = path
