"""What members prove themselves with beside a passphrase, and the PINs of cameras and displays.

Every function takes the household first, as in `household.py`. Secrets come here sealed or hashed.
"""

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import (
    Boolean,
    Column,
    Engine,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    delete,
    insert,
    select,
    update,
)

from keepsight.hub.signin.passkey import Passkey
from keepsight.hub.store.household import put_row

metadata: Final = MetaData()
_ID: Final = LargeBinary(16)

passkeys: Final = Table(
    "passkeys",
    metadata,
    Column("household", _ID, primary_key=True),
    Column("credential", LargeBinary, primary_key=True),
    Column("member", _ID, nullable=False),
    Column("name", String(100), nullable=False),
    Column("public_key", LargeBinary, nullable=False),
    Column("sign_count", Integer, nullable=False),
    Column("rp_id", String(255), nullable=False),
    Column("is_synced", Boolean, nullable=False),
    Column("created_us", Integer, nullable=False),
    Column("last_used_us", Integer, nullable=True),
)
totp: Final = Table(
    "totp",
    metadata,
    Column("household", _ID, primary_key=True),
    Column("member", _ID, primary_key=True),
    Column("sealed_secret", LargeBinary, nullable=False),
    Column("last_step", Integer, nullable=False),
    Column("created_us", Integer, nullable=False),
)
recovery_codes: Final = Table(
    "recovery_codes",
    metadata,
    Column("household", _ID, primary_key=True),
    Column("member", _ID, primary_key=True),
    Column("code_hash", LargeBinary(32), primary_key=True),
    Column("used_us", Integer, nullable=True),
)
pins: Final = Table(
    "pins",
    metadata,
    Column("household", _ID, primary_key=True),
    Column("subject", _ID, primary_key=True),
    Column("pin_hash", String(200), nullable=False),
    Column("is_everywhere", Boolean, nullable=False),
    Column("set_us", Integer, nullable=False),
)


@dataclass(frozen=True, slots=True)
class StoredTotp:
    """A member's authenticator program."""

    member_id: bytes
    sealed_secret: bytes
    last_step: int
    """The newest time step whose code was used."""
    created_us: int


@dataclass(frozen=True, slots=True)
class StoredPin:
    """The PIN of a camera or of a display's member."""

    subject: bytes
    pin_hash: str
    """Argon2id, PHC string."""
    is_everywhere: bool
    """Asked for on every device, not on shared ones only."""
    set_us: int


def _passkey(row: Any) -> Passkey:
    return Passkey(
        credential_id=row.credential,
        member_id=row.member,
        name=row.name,
        public_key=row.public_key,
        sign_count=row.sign_count,
        rp_id=row.rp_id,
        is_synced=row.is_synced,
        created_us=row.created_us,
        last_used_us=row.last_used_us,
    )


class FactorStore:
    """Synchronous; called from the hub's SQL thread only."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    # Passkeys

    def put_passkey(self, household: bytes, passkey: Passkey) -> None:
        """Store a passkey or replace what is known of it."""
        values = {
            "household": household,
            "credential": passkey.credential_id,
            "member": passkey.member_id,
            "name": passkey.name,
            "public_key": passkey.public_key,
            "sign_count": passkey.sign_count,
            "rp_id": passkey.rp_id,
            "is_synced": passkey.is_synced,
            "created_us": passkey.created_us,
            "last_used_us": passkey.last_used_us,
        }
        with self._engine.begin() as connection:
            connection.execute(put_row(passkeys, values))

    def list_passkeys(self, household: bytes) -> list[Passkey]:
        """Everybody's, oldest first."""
        query = select(passkeys).where(passkeys.c.household == household)
        with self._engine.connect() as connection:
            rows = connection.execute(query.order_by(passkeys.c.created_us)).all()
        return [_passkey(row) for row in rows]

    def remove_passkey(self, household: bytes, credential: bytes) -> None:
        """Forget a passkey; an unknown one is no error."""
        with self._engine.begin() as connection:
            connection.execute(
                delete(passkeys).where(
                    passkeys.c.household == household, passkeys.c.credential == credential
                )
            )

    # One-time codes

    def put_totp(self, household: bytes, stored: StoredTotp) -> None:
        """Store a member's authenticator program, instead of the one before."""
        values = {
            "household": household,
            "member": stored.member_id,
            "sealed_secret": stored.sealed_secret,
            "last_step": stored.last_step,
            "created_us": stored.created_us,
        }
        with self._engine.begin() as connection:
            connection.execute(put_row(totp, values))

    def use_totp_step(self, household: bytes, member: bytes, step: int) -> bool:
        """Remember a used step; False if it, or a newer one, was used already."""
        mine = (totp.c.household == household, totp.c.member == member, totp.c.last_step < step)
        with self._engine.begin() as connection:
            done = connection.execute(update(totp).where(*mine).values(last_step=step))
        return bool(done.rowcount == 1)

    def list_totp(self, household: bytes) -> list[StoredTotp]:
        """Everybody's."""
        query = select(totp).where(totp.c.household == household)
        with self._engine.connect() as connection:
            rows = connection.execute(query).all()
        return [StoredTotp(r.member, r.sealed_secret, r.last_step, r.created_us) for r in rows]

    def remove_totp(self, household: bytes, member: bytes) -> None:
        """Forget a member's authenticator program; none is no error."""
        with self._engine.begin() as connection:
            connection.execute(
                delete(totp).where(totp.c.household == household, totp.c.member == member)
            )

    # Recovery codes

    def replace_codes(self, household: bytes, member: bytes, hashes: list[bytes]) -> None:
        """Keep these codes of a member and no older ones."""
        mine = (recovery_codes.c.household == household, recovery_codes.c.member == member)
        rows = [
            {"household": household, "member": member, "code_hash": code_hash}
            for code_hash in hashes
        ]
        with self._engine.begin() as connection:
            connection.execute(delete(recovery_codes).where(*mine))
            if rows:
                connection.execute(insert(recovery_codes), rows)

    def use_code(self, household: bytes, member: bytes, code_hash: bytes, now_us: int) -> bool:
        """Use a code up; False if there is none such, or it was used."""
        table = recovery_codes
        mine = (
            table.c.household == household,
            table.c.member == member,
            table.c.code_hash == code_hash,
            table.c.used_us.is_(None),
        )
        with self._engine.begin() as connection:
            done = connection.execute(update(table).where(*mine).values(used_us=now_us))
        return bool(done.rowcount == 1)

    def codes_left(self, household: bytes) -> dict[bytes, int]:
        """How many unused codes each member has."""
        table = recovery_codes
        query = select(table.c.member).where(
            table.c.household == household, table.c.used_us.is_(None)
        )
        left: dict[bytes, int] = {}
        with self._engine.connect() as connection:
            for member in connection.execute(query).scalars():
                left[member] = left.get(member, 0) + 1
        return left

    # PINs of cameras and displays

    def put_pin(self, household: bytes, pin: StoredPin) -> None:
        """Set the PIN of a camera or display."""
        values = {
            "household": household,
            "subject": pin.subject,
            "pin_hash": pin.pin_hash,
            "is_everywhere": pin.is_everywhere,
            "set_us": pin.set_us,
        }
        with self._engine.begin() as connection:
            connection.execute(put_row(pins, values))

    def list_pins(self, household: bytes) -> list[StoredPin]:
        """Of all cameras and displays."""
        query = select(pins).where(pins.c.household == household)
        with self._engine.connect() as connection:
            rows = connection.execute(query).all()
        return [StoredPin(r.subject, r.pin_hash, r.is_everywhere, r.set_us) for r in rows]

    def remove_pin(self, household: bytes, subject: bytes) -> None:
        """Ask for no PIN any more; none is no error."""
        with self._engine.begin() as connection:
            connection.execute(
                delete(pins).where(pins.c.household == household, pins.c.subject == subject)
            )

    # Members

    def forget_member(self, household: bytes, member: bytes) -> None:
        """Everything that a member proved themselves with, and their PIN."""
        with self._engine.begin() as connection:
            for table in (passkeys, totp, recovery_codes):
                connection.execute(
                    delete(table).where(table.c.household == household, table.c.member == member)
                )
            connection.execute(
                delete(pins).where(pins.c.household == household, pins.c.subject == member)
            )
