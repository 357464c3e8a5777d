"""Goal: the table of interfaces has no entry that can never match. Method: look at its form."""

from keepsight.lab.read import targets


def test_names_are_unique_and_descriptors_well_formed():
    names = [target.api for target in targets.ALL]
    assert len(names) == len(set(names))
    for target in targets.ALL:
        assert target.classes or target.protos or target.api == "addJavascriptInterface"
        for descriptor in target.classes:
            assert descriptor.startswith("L")
            assert descriptor.endswith(";")
        for proto in target.protos:
            assert proto.startswith("(")
            assert ")" in proto


def test_every_kind_of_trusting_method_has_its_prototype():
    assert set(targets.TRUST_BODIES.values()) == set(targets.TRUST_PROTOS)


def test_network_calls_are_among_all():
    assert {target.api for target in targets.ALL} >= targets.NETWORK_APIS
