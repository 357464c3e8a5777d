"""Goal: the manifest's facts carry Android's defaults. Method: manifests written by hand."""

import pytest

from keepsight.lab.read import manifest
from keepsight.lab.read.limits import UnreadableArtefact
from keepsight.lab.read.resources import ResourceTable
from tests.lab.synthetic.xml import Node, Ref, resource_table, write


def read(root, table=None):
    return manifest.read(write(root), lambda: table)


def document(application=None, sdk=None, children=(), **attributes):
    return Node("manifest", {"package": "org.example.app", **attributes}, [
        Node("uses-sdk", sdk or {"minSdkVersion": 23, "targetSdkVersion": 30}),
        Node("application", application or {}, list(children)),
    ])  # fmt: skip


def test_defaults_of_what_is_not_said():
    found = read(document())
    assert (found.package, found.min_sdk, found.target_sdk) == ("org.example.app", 23, 30)
    assert found.debuggable is False
    assert found.allow_backup is True
    assert found.uses_cleartext_traffic is None
    assert found.network_security_config == ""
    assert found.split == ""


def test_a_missing_target_is_the_minimum_and_a_missing_minimum_is_one():
    assert read(document(sdk={"minSdkVersion": 19})).target_sdk == 19
    bare = Node("manifest", {"package": "org.example"}, [Node("application")])
    assert read(bare).min_sdk == 1


def test_references_are_resolved():
    table = ResourceTable(resource_table({(1, 0): "res/xml/net.xml", (2, 0): True}))
    found = read(
        document({"networkSecurityConfig": Ref(0x7F010000), "debuggable": Ref(0x7F020000)}), table
    )
    assert found.network_security_config == "res/xml/net.xml"
    assert found.debuggable is True


def test_what_cannot_be_resolved_is_not_taken_as_harmless():
    found = read(document({"networkSecurityConfig": Ref(0x7F010000), "debuggable": Ref(1)}))
    assert found.network_security_config == "?"
    assert found.debuggable is None


def test_permissions_once_each():
    root = document()
    root.children += [
        Node("uses-permission", {"name": "android.permission.CAMERA", "maxSdkVersion": 28}),
        Node("uses-permission", {"name": "android.permission.CAMERA"}),
        Node("uses-permission-sdk-23", {"name": "android.permission.RECORD_AUDIO"}),
    ]
    found = read(root).permissions
    assert [(one.name, one.max_sdk) for one in found] == [
        ("android.permission.CAMERA", 28), ("android.permission.RECORD_AUDIO", None),
    ]  # fmt: skip


def test_components_are_exported_by_word_or_by_filter():
    filters = [Node("intent-filter", {}, [
        Node("action", {"name": "android.intent.action.VIEW"}),
        Node("category", {"name": "android.intent.category.BROWSABLE"}),
        Node("data", {"scheme": "camera"}),
    ])]  # fmt: skip
    children = [
        Node("activity", {"name": ".Open"}, filters),
        Node("activity", {"name": "org.other.Closed", "exported": False}, filters),
        Node("service", {"name": ".Quiet"}),
        Node("service", {"name": ".Off", "exported": True, "enabled": False}),
        Node("receiver", {"name": ".Guarded", "exported": True, "permission": "p"}),
    ]
    found = {one.name: one for one in read(document(children=children)).components}
    assert found["org.example.app.Open"].exported
    assert found["org.example.app.Open"].schemes == ("camera",)
    assert found["org.example.app.Open"].actions == ("android.intent.action.VIEW",)
    assert not found["org.other.Closed"].exported
    assert not found["org.example.app.Quiet"].exported
    assert not found["org.example.app.Off"].exported
    assert found["org.example.app.Guarded"].permission == "p"


def test_providers_of_old_targets_are_exported():
    provider = [Node("provider", {"name": ".P"})]
    old = read(document(sdk={"minSdkVersion": 9, "targetSdkVersion": 16}, children=provider))
    new = read(document(children=provider))
    assert [old.components[0].exported, new.components[0].exported] == [True, False]


def test_an_exported_value_that_cannot_be_resolved_counts_as_exported():
    child = Node("service", {"name": ".S", "exported": Ref(0x7F010000)})
    assert read(document(children=[child])).components[0].exported


@pytest.mark.parametrize("root", [Node("resources"), Node("manifest")])
def test_what_is_no_manifest_is_refused(root):
    with pytest.raises(UnreadableArtefact):
        read(root)
