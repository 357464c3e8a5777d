"""Every bench is run by `python -m benchmarks`, and figures say whether they met their goal.
Method: compare the registry with the folder; read one figure back.
"""

import ast

from benchmarks.__main__ import BENCHES, _table
from benchmarks.figure import Figure

from tests.paths import ROOT


def test_every_file_with_figures_is_in_the_registry():
    found = set()
    for path in (ROOT / "benchmarks").glob("*.py"):
        names = {n.name for n in ast.parse(path.read_text()).body if isinstance(n, ast.FunctionDef)}
        if "run" in names:
            found.add(path.stem)
    assert found == set(BENCHES)


def test_a_figure_compares_itself():
    figure = Figure("a.b", 5.0, "ms", "other", 10.0, "at most half", met=True)
    assert figure.as_dict()["ratio"] == 0.5
    assert Figure("a.b", 5.0, "ms").as_dict()["ratio"] is None
    assert _table([figure.as_dict()]).row_count == 1
