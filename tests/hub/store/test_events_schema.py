"""The tables that the code knows are those that the migrations make, with the same indexes."""

from sqlalchemy import create_engine, inspect

from keepsight.hub.store.events_schema import metadata
from keepsight.hub.store.household import open_household_store


def described(engine):
    """Columns and indexes by table."""
    found = {}
    for table in metadata.tables:
        columns = inspect(engine).get_columns(table)
        indexes = inspect(engine).get_indexes(table)
        found[table] = (
            [(c["name"], str(c["type"]), c["nullable"], c["primary_key"]) for c in columns],
            sorted((i["name"], tuple(i["column_names"]), i["unique"]) for i in indexes),
        )
    return found


def test_the_migration_makes_what_the_code_expects(tmp_path):
    migrated = open_household_store(tmp_path / "household.db").engine
    made = create_engine(f"sqlite:///{tmp_path / 'made.db'}")
    metadata.create_all(made)
    assert described(migrated) == described(made)
