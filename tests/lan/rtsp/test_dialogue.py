"""Goal: one request, one answer, whatever else arrives. Method: a dialogue without a socket."""

import asyncio

import pytest

from keepsight.core.destination import Credentials
from keepsight.core.secret import Secret
from keepsight.lan.rtsp import dialogue
from keepsight.lan.rtsp.dialogue import (
    CAMERA_REQUESTS_MAX,
    ConnectionLostError,
    Dialogue,
    SilentError,
    WrongPasswordError,
)
from keepsight.lan.rtsp.message import Request, Response, parse_message

URL = "rtsp://192.0.2.7/a"
USER = Credentials("anna", Secret("s3cret"))
CHALLENGE = ("WWW-Authenticate", 'Digest realm="r", nonce="{}"{}')


class Wire:
    """Remembers what was sent and answers as the test says."""

    def __init__(self, answers=(), credentials=None):
        self.sent = []
        self.answers = list(answers)
        self.challenges = []
        self.dialogue = Dialogue(self.write, credentials, self.challenges.append)

    def write(self, data):
        message, _ = parse_message(data)
        self.sent.append(message)
        if isinstance(message, Request) and self.answers:
            answer = self.answers.pop(0)
            if answer is not None:
                headers = (("CSeq", message.header("CSeq")), *answer.headers)
                answer = Response(answer.status, answer.reason, headers)
                asyncio.get_running_loop().call_soon(self.dialogue.on_message, answer)


def challenge(nonce, more=""):
    return Response(401, "Unauthorized", ((CHALLENGE[0], CHALLENGE[1].format(nonce, more)),))


async def test_an_old_answer_is_not_taken_for_the_new_one():
    wire = Wire([None])
    asking = asyncio.ensure_future(wire.dialogue.ask("OPTIONS", URL))
    await asyncio.sleep(0)
    wire.dialogue.on_message(Response(500, "Late", (("CSeq", "99"),)))
    wire.dialogue.on_message(Response(200, "OK", (("CSeq", "1"),)))
    wire.dialogue.on_message(Response(200, "Twice", (("CSeq", "1"),)))
    assert (await asking).reason == "OK"


async def test_an_answer_without_cseq_is_taken():
    wire = Wire([None])
    asking = asyncio.ensure_future(wire.dialogue.ask("OPTIONS", URL))
    await asyncio.sleep(0)
    wire.dialogue.on_message(Response(200))
    assert (await asking).status == 200


async def test_two_askers_take_turns():
    wire = Wire([Response(200, "one"), Response(200, "two")])
    found = await asyncio.gather(*(wire.dialogue.ask("OPTIONS", URL) for _ in range(2)))
    assert [answer.reason for answer in found] == ["one", "two"]


async def test_a_stale_nonce_in_mid_session_is_answered_again():
    fresh = challenge("b", ", stale=true")
    wire = Wire([challenge("a"), Response(200), fresh, Response(200)], USER)
    await wire.dialogue.ask("DESCRIBE", URL)
    wire.dialogue.session_id = "s"
    assert (await wire.dialogue.ask("GET_PARAMETER", URL)).status == 200
    assert 'nonce="b"' in wire.sent[-1].header("Authorization")


async def test_endless_challenges_end():
    wire = Wire([challenge(n, ", stale=true") for n in range(20)], USER)
    with pytest.raises(WrongPasswordError):
        await wire.dialogue.ask("DESCRIBE", URL)
    assert len(wire.sent) == dialogue.AUTHENTICATIONS_MAX


async def test_whoever_waits_learns_that_the_connection_is_gone():
    wire = Wire()
    asking = asyncio.ensure_future(wire.dialogue.ask("PLAY", URL))
    await asyncio.sleep(0)
    wire.dialogue.fail(ConnectionLostError("gone"))
    with pytest.raises(ConnectionLostError):
        await asking


async def test_no_answer_is_silence(monkeypatch):
    monkeypatch.setattr(dialogue, "ANSWER_SECONDS_MAX", 0.02)
    with pytest.raises(SilentError, match="answer to PLAY"):
        await Wire().dialogue.ask("PLAY", URL)


async def test_requests_of_the_camera_get_a_bounded_number_of_answers():
    wire = Wire()
    for number in range(CAMERA_REQUESTS_MAX + 50):
        wire.dialogue.on_message(Request("ANNOUNCE", URL, (("CSeq", str(number)),)))
    assert len(wire.sent) == CAMERA_REQUESTS_MAX
    assert {answer.status for answer in wire.sent} == {501}
