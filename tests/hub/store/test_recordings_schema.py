"""Goal: each connection is durable before it is fast. Method: ask SQLite."""

from sqlalchemy import create_engine, event, text

from keepsight.hub.store import recordings_schema as schema


def test_connections_commit_durably_and_wait_for_each_other(tmp_path):
    engine = create_engine(f"sqlite:///{tmp_path / 'x.db'}")
    event.listen(engine, "connect", schema.set_pragmas)
    with engine.connect() as connection:
        found = {
            name: connection.execute(text(f"PRAGMA {name}")).scalar_one()
            for name in ("journal_mode", "synchronous", "page_size", "busy_timeout")
        }
    engine.dispose()
    assert found == {
        "journal_mode": "wal", "synchronous": 2, "page_size": schema.PAGE_BYTES,
        "busy_timeout": 5000,
    }  # fmt: skip


def test_segments_lie_in_the_order_in_which_they_are_asked_for():
    key = [column.name for column in schema.segments.primary_key]
    assert key == ["camera", "stream", "start_us", "writer"]
    assert schema.segments.dialect_options["sqlite"]["with_rowid"] is False
