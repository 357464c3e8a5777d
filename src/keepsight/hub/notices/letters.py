"""What a mail says: that there is something to see, and where to look.

It names no camera, nobody and nothing of what was noticed, because mail is read on the way.
"""

from typing import Final

from keepsight.hub.outbox import Letter

NOTICE: Final = {
    "en": ("Something was noticed", "Something was noticed.\n{look}\n"),
    "de": ("Etwas wurde bemerkt", "Etwas wurde bemerkt.\n{look}\n"),
}
MORE: Final = {
    "en": (
        "More was noticed",
        "More was noticed, and for a while you are told nothing further.\n{look}\n",
    ),
    "de": (
        "Es wurde mehr bemerkt",
        "Es wurde mehr bemerkt; eine Zeit lang kommt keine weitere Nachricht.\n{look}\n",
    ),
}
TEST: Final = {
    "en": ("A test of notices", "Notices of Keepsight arrive here.\n"),
    "de": ("Ein Test der Nachrichten", "Nachrichten von Keepsight kommen hier an.\n"),
}
LOOK: Final = {
    "en": "Open Keepsight, page Events, to see it.",
    "de": "In Keepsight, Seite Ereignisse, ist es zu sehen.",
}


def events_link(origin: str, event_id: bytes | None) -> str:
    """The page that shows an event; it shows nothing to who is not signed in."""
    return f"{origin}/events" + (f"?event={event_id.hex()}" if event_id else "")


def notice_letter(to: str, language: str, origin: str, event_id: bytes | None) -> Letter:
    """That something was noticed.

    Args:
        to: one mailbox.
        language: en or de; any other gives English.
        origin: where its reader opens Keepsight; empty: unknown, then there is no link.
        event_id: None: there was more than a notice each is sent for.
    """
    words = NOTICE if event_id else MORE
    subject, text = words.get(language, words["en"])
    look = events_link(origin, event_id) if origin else LOOK.get(language, LOOK["en"])
    return Letter(to, subject, text.format(look=look))


def trial_letter(to: str, language: str) -> Letter:
    """What the test button sends."""
    return Letter(to, *TEST.get(language, TEST["en"]))
