"""Where the key file lies that lets a hub start without a person."""

from pathlib import Path


def machine_key_path(household_directory: Path, environment: dict[str, str]) -> Path:
    """Where the machine key lies: systemd's credential if there is one, else the user's own folder.

    With `LoadCredentialEncrypted=keepsight-unlock` systemd keeps the key bound to the TPM and hands
    it over at start only.
    """
    credentials = environment.get("CREDENTIALS_DIRECTORY")
    if credentials and (Path(credentials) / "keepsight-unlock").exists():
        return Path(credentials) / "keepsight-unlock"
    configured = environment.get("XDG_CONFIG_HOME")
    base = Path(configured) if configured else Path.home() / ".config"
    return base / "keepsight" / "unlock" / f"{household_directory.name}.key"
