"""Goal: the list of UI files is exactly what is served, and how. Method: a small folder."""

import gzip
from pathlib import Path

import pytest

from keepsight.door.headers import IMMUTABLE, NO_STORE, REVALIDATE
from keepsight.door.ui import ROUTES, Ui


def test_files_are_found_by_their_exact_path(ui_folder: Path) -> None:
    ui = Ui(ui_folder)
    script = ui.find("/assets/index-a1b2c3d4.js")
    assert script is not None
    assert script.content_type.startswith("text/javascript")
    assert script.cache_control == IMMUTABLE
    icon = ui.find("/icon.svg")
    assert icon is not None
    assert icon.cache_control == REVALIDATE
    for path in ("/assets", "/assets/", "/ASSETS/index-a1b2c3d4.js", "//icon.svg", "/./icon.svg",
                 "/assets/../icon.svg", "/icon.svg/", "/secret.key", "/index.htm"):  # fmt: skip
        assert ui.find(path) is None, path


def test_page_answers_at_the_routes_of_the_ui_only(ui_folder: Path) -> None:
    ui = Ui(ui_folder)
    index = ui.find("/")
    assert index is not None
    assert index.cache_control == NO_STORE
    for path in ("/timeline", "/add", "/settings", "/status", "/ledger", "/index.html",
                 "/camera/" + "0f" * 16, "/settings/camera/" + "0f" * 16,
                 "/cameras/" + "0f" * 16 + "/watching"):  # fmt: skip
        assert ui.find(path) is index, path
    for path in ("/anything", "/timeline/", "/camera/", "/camera/xyz", "/camera/" + "0F" * 16,
                 "/timeline/x", "/login.php"):  # fmt: skip
        assert ui.find(path) is None, path


def test_routes_are_those_of_the_pages() -> None:
    """The router's pages, read from its source, all have their route here."""
    source = Path(__file__).parents[2] / "web" / "src" / "app" / "router.svelte.ts"
    pages = {line.split("'")[1] for line in source.read_text().splitlines() if "{ page: '" in line
             and line.lstrip().startswith("|")}  # fmt: skip
    paths = {"wall": "/", "camera": "/camera/" + "0" * 32,
             "camera-settings": "/settings/camera/" + "0" * 32,
             "camera-watching": "/cameras/" + "0" * 32 + "/watching",
             "check": "/checks/" + "0" * 32}  # fmt: skip
    assert pages
    for page in pages - {"unknown"}:
        assert ROUTES.fullmatch(paths.get(page, f"/{page}")), page


def test_texts_are_compressed_and_precompressed_files_win(ui_folder: Path) -> None:
    (ui_folder / "assets" / "index-a1b2c3d4.js.br").write_bytes(b"brotli")
    ui = Ui(ui_folder)
    assert ui.find("/assets/index-a1b2c3d4.js.br") is None
    script = ui.find("/assets/index-a1b2c3d4.js")
    assert script is not None
    assert script.choose("gzip, br") == (b"brotli", "br")
    body, coding = script.choose("gzip;q=0.5, br;q=0")
    assert coding == "gzip"
    assert gzip.decompress(body) == script.body
    assert script.choose("") == (script.body, None)
    assert script.choose("gzip;q=0") == (script.body, None)


def test_link_out_of_the_folder_is_not_followed(ui_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "passwords.txt").write_text("secret")
    (ui_folder / "notes.txt").symlink_to(tmp_path / "passwords.txt")
    assert Ui(ui_folder).find("/notes.txt") is None


def test_absent_build_says_what_to_do(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    ui = Ui(tmp_path / "absent")
    page = ui.find("/")
    assert page is not None
    assert b"make ui" in page.body
    assert "not built" in caplog.text


def test_reload_sees_a_new_build(ui_folder: Path) -> None:
    ui = Ui(ui_folder)
    (ui_folder / "new.css").write_text("a{}")
    assert ui.find("/new.css") is None
    ui.reload()
    assert ui.find("/new.css") is not None


def test_too_many_bytes_are_left_out(ui_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("keepsight.door.ui.UI_BYTES_MAX", 100)
    assert Ui(ui_folder).find("/assets/index-a1b2c3d4.js") is None
