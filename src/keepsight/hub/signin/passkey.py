"""Passkeys (WebAuthn level 3): making challenges, and believing what authenticators sign.

A passkey belongs to a name (the relying party id): the host name under which this household's page
was open when it was made. A browser gives passkeys to names only, never to IP addresses, and to
secure origins only. The person is always verified (PIN, finger, face), so a passkey alone signs in.
"""

import ipaddress
import json
import secrets
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any, Final

import webauthn
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    AuthenticatorTransport,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from keepsight.core.clock import Clock

CHALLENGE_US: Final = 5 * 60 * 1_000_000
CHALLENGES_MAX: Final = 1024
ANSWER_CHARACTERS_MAX: Final = 16_384
PASSKEYS_MAX: Final = 20
"""Of one member."""
_DAMAGED: Final = (WebAuthnException, ValueError, KeyError, TypeError, AttributeError)
"""What the library raises on answers that are not WebAuthn at all."""


class PasskeyError(Exception):
    """An answer that proves nothing. `code` has a sentence in the UI's catalogue."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Passkey:
    """A credential of one member."""

    credential_id: bytes
    member_id: bytes
    name: str
    public_key: bytes
    """COSE."""
    sign_count: int
    rp_id: str
    """The host name it was made under."""
    is_synced: bool
    """Backed up by its provider: on more than one machine."""
    created_us: int
    last_used_us: int | None = None


@dataclass(frozen=True, slots=True)
class Site:
    """How the browser reached this household."""

    host: str
    """Without port, lower case."""
    origin: str
    """As browsers write it: https://home.example:8443."""

    @property
    def rp_id(self) -> str | None:
        """The name that passkeys made here belong to; None where browsers make none."""
        try:
            ipaddress.ip_address(self.host.strip("[]"))
        except ValueError:
            is_secure = self.origin.startswith("https://") or self.host == "localhost"
            return self.host if is_secure and self.host else None
        return None


@dataclass(frozen=True, slots=True)
class Challenge:
    """What a browser was asked to sign."""

    challenge: bytes
    purpose: str
    """enrol, sign_in, factor or confirm."""
    bound_to: bytes
    """Session, ticket or nothing: an answer from elsewhere is refused."""
    site: Site
    expires_us: int


class Challenges:
    """Challenges that were given out and not yet answered; each is good once."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._open: OrderedDict[str, Challenge] = OrderedDict()

    def make(self, purpose: str, bound_to: bytes, site: Site) -> tuple[str, bytes]:
        """Id and bytes of a fresh challenge."""
        challenge, name = secrets.token_bytes(32), secrets.token_urlsafe(16)
        expires_us = self._clock.monotonic_us() + CHALLENGE_US
        self._open[name] = Challenge(challenge, purpose, bound_to, site, expires_us)
        while len(self._open) > CHALLENGES_MAX:
            self._open.popitem(last=False)
        return name, challenge

    def take(self, name: str, purpose: str, bound_to: bytes, site: Site) -> bytes:
        """The challenge of this id; it is gone afterwards, whatever the answer is worth.

        Raises:
            PasskeyError: unknown, used, expired, or given to somebody else.
        """
        found = self._open.pop(name, None)
        if (
            found is None
            or found.expires_us <= self._clock.monotonic_us()
            or (found.purpose, found.bound_to, found.site) != (purpose, bound_to, site)
        ):
            raise PasskeyError("stale_challenge", "this took too long: try the passkey again")
        return found.challenge


def _named(site: Site) -> str:
    if site.rp_id is None:
        raise PasskeyError(
            "no_passkeys_here",
            "browsers give passkeys to host names over https only: open this page by its name",
        )
    return site.rp_id


@dataclass(frozen=True, slots=True)
class Enrollee:
    """Who makes a passkey, as authenticators will show it."""

    household: str
    member_id: bytes
    member: str


def enrolment_options(
    site: Site, challenge: bytes, who: Enrollee, known: list[Passkey]
) -> dict[str, Any]:
    """What `navigator.credentials.create` gets, in JSON form.

    Raises:
        PasskeyError: no_passkeys_here.
    """
    options = webauthn.generate_registration_options(
        rp_id=_named(site),
        rp_name=f"Keepsight {who.household}".strip(),
        user_id=who.member_id,
        user_name=who.member,
        user_display_name=who.member,
        challenge=challenge,
        exclude_credentials=[
            PublicKeyCredentialDescriptor(id=key.credential_id)
            for key in known
            if key.rp_id == site.rp_id
        ],
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED,
            user_verification=UserVerificationRequirement.REQUIRED,
        ),
    )
    made: dict[str, Any] = json.loads(webauthn.options_to_json(options))
    return made


def sign_in_options(site: Site, challenge: bytes, allowed: list[Passkey]) -> dict[str, Any]:
    """What `navigator.credentials.get` gets, in JSON form.

    Args:
        site: how the browser reached us.
        challenge: fresh.
        allowed: of one member; empty: any passkey the browser finds for this name.

    Raises:
        PasskeyError: no_passkeys_here.
    """
    options = webauthn.generate_authentication_options(
        rp_id=_named(site),
        challenge=challenge,
        allow_credentials=[
            PublicKeyCredentialDescriptor(
                id=key.credential_id,
                transports=[AuthenticatorTransport.INTERNAL, AuthenticatorTransport.HYBRID]
                if key.is_synced
                else None,
            )
            for key in allowed
            if key.rp_id == site.rp_id
        ],
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    made: dict[str, Any] = json.loads(webauthn.options_to_json(options))
    return made


def verify_enrolment(
    answer: dict[str, Any],
    site: Site,
    challenge: bytes,
    member_id: bytes,
    now_us: int,
) -> Passkey:
    """The passkey that a browser made, still without a name.

    Raises:
        PasskeyError: bad_passkey.
    """
    try:
        verified = webauthn.verify_registration_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=_named(site),
            expected_origin=site.origin,
            require_user_verification=True,
        )
    except _DAMAGED as error:
        raise PasskeyError("bad_passkey", "this passkey cannot be used here") from error
    return Passkey(
        credential_id=verified.credential_id,
        member_id=member_id,
        name="",
        public_key=verified.credential_public_key,
        sign_count=verified.sign_count,
        rp_id=_named(site),
        is_synced=verified.credential_backed_up,
        created_us=now_us,
    )


def credential_id(answer: dict[str, Any]) -> bytes:
    """Which credential an answer says it is of; empty for nonsense."""
    try:
        return webauthn.base64url_to_bytes(str(answer["rawId"]))
    except _DAMAGED:
        return b""


def verify_answer(answer: dict[str, Any], site: Site, challenge: bytes, passkey: Passkey) -> int:
    """The new count of signatures, if this passkey signed this challenge here.

    Raises:
        PasskeyError: bad_passkey: another key, place or challenge; nobody verified; or a count that
            went back, which a copied authenticator shows.
    """
    try:
        verified = webauthn.verify_authentication_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=passkey.rp_id,
            expected_origin=site.origin,
            credential_public_key=passkey.public_key,
            credential_current_sign_count=passkey.sign_count,
            require_user_verification=True,
        )
    except _DAMAGED as error:
        raise PasskeyError("bad_passkey", "this passkey does not sign in here") from error
    user = answer.get("response", {}).get("userHandle")
    if user and webauthn.base64url_to_bytes(str(user)) != passkey.member_id:
        raise PasskeyError("bad_passkey", "this passkey does not sign in here")
    return verified.new_sign_count
