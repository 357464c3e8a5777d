"""A ticket is good for ten minutes, five errors and one browser; with a hand clock."""

from keepsight.hub.signin import tickets as module
from keepsight.hub.signin.tickets import Tickets
from tests.hub.clocks import HandClock


def test_a_ticket_leads_to_what_belongs_to_it_until_it_is_spent():
    tickets = Tickets(HandClock())
    one, two = tickets.issue("one"), tickets.issue("two")
    assert (tickets.find(one), tickets.find(two)) == ("one", "two")
    tickets.spend(one)
    assert tickets.find(one) is None
    assert tickets.find(two) == "two"
    assert tickets.find(two[:-1]) is None
    assert tickets.find("") is None
    assert len(one) >= 43  # 256 bits


def test_ten_minutes_by_a_clock_that_does_not_jump():
    clock = HandClock()
    tickets = Tickets(clock)
    token = tickets.issue("x")
    clock.jump_wall(99_999)
    clock.tick(599)
    assert tickets.find(token) == "x"
    clock.jump_wall(-999_999)
    clock.tick(1)
    assert tickets.find(token) is None


def test_the_fifth_error_closes_it():
    tickets = Tickets(HandClock())
    token = tickets.issue("x")
    for _ in range(4):
        tickets.failed(token)
    assert tickets.find(token) == "x"
    tickets.failed(token)
    assert tickets.find(token) is None
    tickets.failed(token)  # of nobody: no error


def test_memory_is_bounded_and_holds_no_token(monkeypatch):
    monkeypatch.setattr(module, "TICKETS_MAX", 4)
    tickets = Tickets(HandClock())
    tokens = [tickets.issue("x") for _ in range(20)]
    assert len(tickets._held) == 4
    assert not set(tickets._held) & {token.encode() for token in tokens}
