"""Goal: the browser reads what the hub writes. Method: its vectors are what the script makes."""

import json

from tests.vectors.make_fmp4_vectors import PATH, document


def test_the_file_is_what_its_script_makes() -> None:
    assert json.loads(PATH.read_text()) == document()
