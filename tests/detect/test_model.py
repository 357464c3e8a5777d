"""The table of models: goal: names resolve; method: look them up."""

from keepsight.detect.model import MODELS, find_model


def test_each_model_is_found_by_its_name_and_nothing_else_is():
    assert [find_model(model.name) for model in MODELS] == list(MODELS)
    assert find_model("") is None
