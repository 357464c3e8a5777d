"""Goal: the bounds fit each other and a refusal says which file and why. Method: read them."""

from keepsight.lab.read import limits


def test_a_refusal_names_the_artefact_and_the_reason():
    refusal = limits.UnreadableArtefact("camera.apk", "not a zip archive")
    assert str(refusal) == "camera.apk: not a zip archive"
    assert (refusal.artefact, refusal.reason) == ("camera.apk", "not a zip archive")


def test_the_parts_fit_into_the_whole():
    assert limits.ENTRY_BYTES_MAX <= limits.DEX_BYTES_MAX <= limits.INFLATED_BYTES_MAX
    assert limits.XML_BYTES_MAX <= limits.RESOURCE_TABLE_BYTES_MAX <= limits.ENTRY_BYTES_MAX
    assert limits.INFLATE_RATIO_MAX < 1032
