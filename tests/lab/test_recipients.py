"""Who gets data: by owner, the maker first, silence told from contact."""

from keepsight.lab.recipients import recipients_of
from tests.lab.reported import facts


def test_recipients():
    found = {row.owner: row for row in recipients_of(facts())}
    assert found["Maker"].kind == "vendor"
    assert found["Meta"].is_contacted
    assert found["Meta"].sent_bytes == 2000
    assert found["Tencent"].is_contained
    assert not found["Tencent"].is_contacted
    assert found["Tencent"].is_named is False
    assert next(iter(found)) == "Maker"
