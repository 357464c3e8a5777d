"""The texts of the mails that sign-in sends: short, in the household's language, nobody's name."""

from typing import Final

from keepsight.core.secret import Secret
from keepsight.hub.outbox import Letter

PIN: Final = {
    "en": (
        "Your PIN",
        (
            "Your PIN is {pin}\n\n"
            "It is good once, for {minutes} minutes, and only in the browser that asked for it.\n"
            "If you did not ask for it, somebody knows your name or your passphrase: "
            "change the passphrase.\n"
            "Nobody of Keepsight will ever ask you for this PIN.\n"
        ),
    ),
    "de": (
        "Ihre PIN",
        (
            "Ihre PIN lautet {pin}\n\n"
            "Sie gilt einmal, {minutes} Minuten und nur in dem Browser, der sie angefordert hat.\n"
            "Haben Sie sie nicht angefordert, kennt jemand Ihren Namen oder Ihre Passphrase: "
            "Ändern Sie die Passphrase.\n"
            "Niemand von Keepsight wird Sie je nach dieser PIN fragen.\n"
        ),
    ),
}
CHANGED: Final = {
    "en": (
        "Your passphrase was changed",
        (
            "The passphrase of your sign-in was changed, and every session ended.\n"
            "If that was not you, ask the owner of your household to shut this sign-in out.\n"
        ),
    ),
    "de": (
        "Ihre Passphrase wurde geändert",
        (
            "Die Passphrase Ihrer Anmeldung wurde geändert, alle Sitzungen sind beendet.\n"
            "Waren Sie das nicht, bitten Sie den Eigentümer des Haushalts, diese Anmeldung zu "
            "sperren.\n"
        ),
    ),
}
TEST: Final = {
    "en": ("Test", "Mail from your Keepsight arrives here.\n"),
    "de": ("Test", "Post von Ihrem Keepsight kommt hier an.\n"),
}


def pin_letter(to: str, pin: Secret, minutes: int, language: str) -> Letter:
    """A PIN, what it is good for, and what to do if nobody asked for it."""
    subject, text = PIN.get(language, PIN["en"])
    return Letter(to, subject, text.format(pin=pin.reveal(), minutes=minutes))


def changed_letter(to: str, language: str) -> Letter:
    """That a passphrase was changed without the old one."""
    return Letter(to, *CHANGED.get(language, CHANGED["en"]))


def test_letter(to: str, language: str) -> Letter:
    """What the test button sends."""
    return Letter(to, *TEST.get(language, TEST["en"]))
