"""Times, sizes and tables as people write and read them; by examples."""

from datetime import timedelta, timezone

import pytest

from keepsight.cli.terminal import (
    CommandError,
    parse_time,
    print_table,
    read_password_file,
    show_bytes,
    show_time,
)

NOW_US = 1_767_614_400_000_000  # 2026-01-05T12:00:00Z
ZONE = timezone(timedelta(hours=1))


@pytest.mark.parametrize(
    ("text", "expected_us"),
    [
        ("now", NOW_US),
        ("-90s", NOW_US - 90_000_000),
        ("-1.5h", NOW_US - 5_400_000_000),
        ("-2d", NOW_US - 172_800_000_000),
        ("+2h", NOW_US + 7_200_000_000),
        ("@1767614400", NOW_US),
        ("2026-01-05T13:00", NOW_US),
        ("2026-01-05T12:00:00Z", NOW_US),
        ("2026-01-05 13:00:00", NOW_US),
        ("13:00", NOW_US),
        ("13:00:01", NOW_US + 1_000_000),
        ("2026-01-05T13:00:00.250", NOW_US + 250_000),
    ],
)
def test_times(text, expected_us):
    assert parse_time(text, NOW_US, ZONE) == expected_us


@pytest.mark.parametrize(
    "text", ["", "yesterday", "25:00", "-5x", "2026-13-01", "@", "-h", "@nan", "+infh"]
)
def test_what_is_no_time_is_said_with_examples(text):
    with pytest.raises(CommandError, match=r"write e\.g\."):
        parse_time(text, NOW_US, ZONE)


def test_local_time_is_the_default():
    noon = parse_time("12:00", NOW_US)
    assert show_time(noon).endswith("12:00:00")
    assert show_time(None) == "-"


def test_sizes():
    assert [show_bytes(n) for n in (0, 999, 1000, 4_200_000_000, 5e15)] == [
        "0 B", "999 B", "1.0 kB", "4.2 GB", "5000.0 TB",
    ]  # fmt: skip


def test_an_empty_table_is_a_sentence(capsys):
    print_table(("a",), [], "nothing yet")
    assert capsys.readouterr().out == "nothing yet\n"


def test_brackets_in_names_are_not_markup(capsys):
    print_table(("name",), [("[bold]Hall[/bold]",)], "")
    assert "[bold]Hall[/bold]" in capsys.readouterr().out


def test_a_password_file_gives_its_first_line(tmp_path):
    path = tmp_path / "password"
    path.write_text("s3cret\nsecond line\n")
    path.chmod(0o600)
    assert read_password_file(path).reveal() == "s3cret"
    with pytest.raises(CommandError, match="cannot be read"):
        read_password_file(tmp_path / "missing")
