"""RTSP requests and their answers on one connection, and every way this can fail.

    RtspError
      UnreachableError       no connection
      ConnectionLostError    it ended
      SilentError            it is open, and nothing comes
      NotRtspError           what comes is not RTSP
        OversizeError        or more of it than any camera sends
      WrongPasswordError     401 to our answer, 401 without credentials, 403
      NotFoundError          404
      RefusedError           any other status
      UnsupportedError       RTSP, but nothing in it that we can carry

No text of these ever contains credentials.
"""

import asyncio
from collections.abc import Callable
from typing import ClassVar, Final

from keepsight.core.destination import Credentials
from keepsight.lan.rtsp.auth import Answerer, Challenge, choose_challenge, parse_challenges
from keepsight.lan.rtsp.message import Headers, Request, Response
from keepsight.lan.rtsp.sdp import printable

ANSWER_SECONDS_MAX: Final = 10.0
AUTHENTICATIONS_MAX: Final = 3
"""Tries of one request: unauthenticated, answered, answered again after a stale nonce."""
CAMERA_REQUESTS_MAX: Final = 32
"""Requests from the camera that get an answer; later ones are ignored."""
USER_AGENT: Final = "Keepsight"
HINTS: Final = {
    453: "it serves as many viewers as it can, so close another one",
    454: "it forgot the session, which is tried again",
    461: "it offers no transport that we know; try the other one",
    503: "it is busy; restart it if this stays so",
}
"""What to do about an RTSP status."""


class RtspError(Exception):
    """A camera could not be read. The text says what happened and what to look at."""

    state: ClassVar[str] = "unreachable"
    """The value of the hub's StreamState that this leads to, and the code in its API."""


class UnreachableError(RtspError):
    """No connection to host and port."""

    state = "unreachable"

    def __init__(self, host: str, port: int, cause: str) -> None:
        super().__init__(f"no connection to {host} port {port}: {cause}")
        self.host = host
        self.port = port
        self.cause = cause


class ConnectionLostError(RtspError):
    """The camera closed the connection, or the network did."""

    state = "unreachable"


class SilentError(RtspError):
    """Connected, but nothing comes."""

    state = "silent"

    def __init__(self, seconds: float, awaited: str) -> None:
        super().__init__(f"the camera sent no {awaited} for {seconds:.0f} seconds")
        self.seconds = seconds
        self.awaited = awaited


class NotRtspError(RtspError):
    """Something answers that does not speak RTSP."""

    state = "not_rtsp"


class OversizeError(NotRtspError):
    """A message larger than any camera sends."""


class WrongPasswordError(RtspError):
    """The camera refused the credentials."""

    state = "wrong_password"

    def __init__(self, realm: str, *, has_credentials: bool) -> None:
        super().__init__(
            "the camera refused user name or password"
            if has_credentials
            else "the camera asks for a user name and a password"
        )
        self.realm = realm
        self.has_credentials = has_credentials


class NotFoundError(RtspError):
    """The camera has no stream at this path."""

    state = "not_found"

    def __init__(self, path: str) -> None:
        super().__init__(f"the camera has no stream at {path}; its manual names the right path")
        self.path = path


class RefusedError(RtspError):
    """The camera answered with an error of its own."""

    state = "refused"

    def __init__(self, method: str, status: int, reason: str) -> None:
        text = f"the camera answered {method} with {status} {printable(reason)}".strip()
        super().__init__(f"{text}; {HINTS[status]}" if status in HINTS else text)
        self.method = method
        self.status = status
        self.reason = reason


class UnsupportedError(RtspError):
    """Nothing in the stream that we can carry."""

    state = "unsupported"

    def __init__(self, message: str, codec: str = "") -> None:
        super().__init__(message)
        self.codec = codec


class Dialogue:
    """One request at a time; authentication is answered when asked for, never before."""

    def __init__(
        self,
        write: Callable[[bytes], None],
        credentials: Credentials | None,
        on_challenge: Callable[[Challenge], None],
    ) -> None:
        self._write = write
        self._credentials = credentials
        self._on_challenge = on_challenge
        self._answerer: Answerer | None = None
        self._waiting: asyncio.Future[Response] | None = None
        self._sequence = 0
        self._camera_requests = 0
        self._lock = asyncio.Lock()
        self.session_id = ""

    def on_message(self, message: Request | Response) -> None:
        """Take what the receiver read."""
        if isinstance(message, Request):
            self._refuse(message)
            return
        waiting, sequence = self._waiting, message.header("CSeq")
        is_late = sequence is not None and sequence.strip() != str(self._sequence)
        if waiting is not None and not waiting.done() and not is_late:
            waiting.set_result(message)

    def _refuse(self, request: Request) -> None:
        """Cameras may ask too (RFC 2326 OPTIONS, ANNOUNCE, REDIRECT): not implemented."""
        self._camera_requests += 1
        sequence = request.header("CSeq")
        if self._camera_requests <= CAMERA_REQUESTS_MAX and sequence and len(sequence) < 20:
            self._write(Response(501, "Not Implemented", (("CSeq", sequence),)).to_bytes())

    def fail(self, error: RtspError) -> None:
        """The connection is gone: whoever waits gets this error."""
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(error)

    async def ask(self, method: str, url: str, headers: Headers = ()) -> Response:
        """Send a request and wait for its answer, whatever its status except 401, 403 and 404.

        Raises:
            WrongPasswordError: refused, with or without credentials.
            NotFoundError: 404.
            SilentError: no answer within ANSWER_SECONDS_MAX.
            ConnectionLostError, NotRtspError: as reported by `fail`.
        """
        async with self._lock:
            for _ in range(AUTHENTICATIONS_MAX):
                response = await self._exchange(method, url, headers)
                if response.status != 401:
                    break
                self._meet(response)
            else:
                raise WrongPasswordError(self._realm, has_credentials=True)
        if response.status == 403:
            raise WrongPasswordError(self._realm, has_credentials=self._credentials is not None)
        if response.status == 404:
            raise NotFoundError(printable(url))
        return response

    @property
    def _realm(self) -> str:
        return self._answerer.challenge.realm if self._answerer else ""

    def _meet(self, response: Response) -> None:
        """Prepare to answer a challenge, or give up."""
        challenge = choose_challenge(parse_challenges(response.all("WWW-Authenticate")))
        if challenge is None:
            raise UnsupportedError("the camera asks for a kind of authentication we do not know")
        self._on_challenge(challenge)
        if self._credentials is None:
            raise WrongPasswordError(challenge.realm, has_credentials=False)
        before = self._answerer
        is_fresh_nonce = before is not None and before.challenge.nonce != challenge.nonce
        if before is not None and not (challenge.is_stale or (is_fresh_nonce and self.session_id)):
            raise WrongPasswordError(challenge.realm, has_credentials=True)
        self._answerer = Answerer(challenge, self._credentials)

    async def _exchange(self, method: str, url: str, headers: Headers) -> Response:
        self.send(method, url, headers)
        self._waiting = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(ANSWER_SECONDS_MAX):
                return await self._waiting
        except TimeoutError as error:
            raise SilentError(ANSWER_SECONDS_MAX, f"answer to {method}") from error
        finally:
            self._waiting = None

    def send(self, method: str, url: str, headers: Headers = ()) -> None:
        """Send a request whose answer nobody waits for (TEARDOWN)."""
        self._sequence += 1
        lines: list[tuple[str, str]] = [("CSeq", str(self._sequence)), ("User-Agent", USER_AGENT)]
        if self.session_id:
            lines.append(("Session", self.session_id))
        if self._answerer is not None:
            lines.append(("Authorization", self._answerer.authorization(method, url)))
        self._write(Request(method, url, (*lines, *headers)).to_bytes())
