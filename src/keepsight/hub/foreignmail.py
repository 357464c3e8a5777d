"""A mail to owners: a picture of somebody else was on its way to a screen of this household.

It names no camera and nobody, and holds no picture: mail is read on the way.
"""

from typing import TYPE_CHECKING, Final

from keepsight.hub.member import Role
from keepsight.hub.outbox import Letter

if TYPE_CHECKING:
    from keepsight.hub.household import Household

PURPOSE: Final = "mail"
TEXTS: Final = {
    "en": (
        "A foreign picture was blocked",
        (
            "A picture that does not belong to your household was on its way to one of your "
            "screens. It could not be opened and was not shown.\n"
            "The way it came is switched off until you look at it: open Keepsight, page "
            "Switched off.\n"
        ),
    ),
    "de": (
        "Ein fremdes Bild wurde blockiert",
        (
            "Ein Bild, das nicht zu Ihrem Haushalt gehört, war auf dem Weg zu einem Ihrer "
            "Bildschirme. Es ließ sich nicht öffnen und wurde nicht gezeigt.\n"
            "Der Weg, auf dem es kam, ist abgeschaltet, bis Sie nachsehen: in Keepsight, Seite "
            "Abgeschaltet.\n"
        ),
    ),
}


def warn_owners(household: "Household") -> int:
    """Send it to every owner who has an address and agreed to such mail; to how many."""
    if household.outbox.server is None:
        return 0
    subject, text = TEXTS.get(household.settings.language, TEXTS["en"])
    told = [
        member.email
        for member in household.people.members.values()
        if member.role is Role.OWNER
        and member.email
        and household.consents.is_given(member.member_id, PURPOSE)
    ]
    for address in told:
        household.outbox.send_later(Letter(address, subject, text))
    return len(told)
