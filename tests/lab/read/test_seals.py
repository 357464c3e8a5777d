"""The register of seals is dated, and a user's own replaces it."""

from keepsight.lab.read import seals


def test_each_row_says_what_it_does_not_say():
    dated, kinds = seals.register()
    assert dated
    assert kinds["it-sik"] is kinds["it-sicherheitskennzeichen"]
    assert all(kind.says_not and kind.source and kind.checked_on for kind in kinds.values())
    assert "no certification test" in kinds["it-sik"].says_not


def test_a_users_own_register(tmp_path, monkeypatch):
    path = tmp_path / "own.toml"
    path.write_text(
        'dated = "2030-01-01"\n[[seal]]\nkey="x"\nnames=["Star"]\nname="Star"\nissuer="I"\n'
        'basis="B"\n'
        'says="s"\nsays_not="n"\nis_declaration=false\nprovisions=[]\nsource="S"\nchecked_on="2030-01-01"\n'
    )
    monkeypatch.setenv(seals.REGISTER_VARIABLE, str(path))
    seals.register.cache_clear()
    try:
        dated, kinds = seals.register()
    finally:
        monkeypatch.undo()
        seals.register.cache_clear()
    assert dated == "2030-01-01"
    assert kinds["star"].name == "Star"
