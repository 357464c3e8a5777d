"""A ticket opens one report in one session for a short time."""

from keepsight.hub.checks.tickets import TICKET_SECONDS, TICKETS_MAX, Tickets
from tests.hub.clocks import HandClock

ONE, OTHER = b"1" * 16, b"2" * 16
ANN, BOB = b"a" * 32, b"b" * 32


def test_for_one_report_one_session_and_a_while():
    clock = HandClock()
    tickets = Tickets(clock)
    ticket = tickets.issue(ONE, ANN)
    assert tickets.is_good(ticket, ONE, ANN)
    assert not tickets.is_good(ticket, OTHER, ANN)
    assert not tickets.is_good(ticket, ONE, BOB)
    assert not tickets.is_good(ticket[:-1] + "x", ONE, ANN)
    assert not tickets.is_good("", b"", b"")
    clock.tick(TICKET_SECONDS)
    assert not tickets.is_good(ticket, ONE, ANN)


def test_there_are_never_many():
    tickets = Tickets(HandClock())
    found = [tickets.issue(ONE, ANN) for _ in range(TICKETS_MAX + 1)]
    assert [tickets.is_good(one, ONE, ANN) for one in found].count(True) == TICKETS_MAX
    assert not tickets.is_good(found[0], ONE, ANN)
