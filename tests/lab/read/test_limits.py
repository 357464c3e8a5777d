"""Goal: the bounds of the readers fit each other. Method: compare them."""

from keepsight.lab.read import limits


def test_the_parts_fit_into_the_whole():
    assert limits.ENTRY_BYTES_MAX <= limits.DEX_BYTES_MAX <= limits.INFLATED_BYTES_MAX
    assert limits.XML_BYTES_MAX <= limits.RESOURCE_TABLE_BYTES_MAX <= limits.ENTRY_BYTES_MAX
    assert limits.INFLATE_RATIO_MAX < 1032
