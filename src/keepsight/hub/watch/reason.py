"""Why watching a camera goes as it goes: a code with values, and a sentence of the hub. A noun.

Pages translate the code; the sentence is for the command line, and for pages that are older than a
code. Nothing that the watcher says itself gets into either: it looks at hostile pictures, and what
it says is a claim.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final


class ReasonCode(StrEnum):
    """What is wrong. Each has its words in the UI's catalogues, as `watching.reason.<code>`."""

    NO_WALLS = "no_walls"
    EXPOSED = "exposed"
    NO_FOLDER = "no_folder"
    NOT_STARTED = "not_started"
    NOT_CONFINED = "not_confined"
    HUNG = "hung"
    KILLED = "killed"
    ENDED = "ended"
    SILENT = "silent"
    LINE_CLOSED = "line_closed"
    PROTOCOL = "protocol"
    FLOOD = "flood"
    INTERNAL = "internal"
    HELD = "held"
    BEHIND = "behind"
    MODEL_MISSING = "model_missing"
    MODEL_BROKEN = "model_broken"
    MODEL_UNUSABLE = "model_unusable"
    OWN_GONE = "own_gone"
    OWN_REFUSED = "own_refused"
    FAILED = "failed"
    SOUND_BEHIND = "sound_behind"
    SOUND_MODEL_MISSING = "sound_model_missing"
    SOUND_MODEL_BROKEN = "sound_model_broken"
    SOUND_MODEL_UNUSABLE = "sound_model_unusable"
    SOUND_FAILED = "sound_failed"


SENTENCES: Final[dict[ReasonCode, str]] = {
    ReasonCode.NO_WALLS: "this kernel lacks {missing} to keep the watcher from the keys",
    ReasonCode.EXPOSED: "models, programs and the data directory must not lie inside one another: "
    "the hub's log says which do",
    ReasonCode.NO_FOLDER: "the folder of the models cannot be made: {folder}",
    ReasonCode.NOT_STARTED: "the watcher could not be started",
    ReasonCode.NOT_CONFINED: "the watcher could not be walled off from the keys",
    ReasonCode.HUNG: "the watcher hung on pictures",
    ReasonCode.KILLED: "the watcher was ended by {signal}",
    ReasonCode.ENDED: "the watcher ended with status {status}",
    ReasonCode.SILENT: "the watcher said nothing for {seconds} s",
    ReasonCode.LINE_CLOSED: "the watcher closed its line to the hub",
    ReasonCode.PROTOCOL: "the watcher does not keep to the protocol",
    ReasonCode.FLOOD: "the watcher says more than there can be to say",
    ReasonCode.INTERNAL: "an error in Keepsight itself: the hub's log has it",
    ReasonCode.HELD: "the watcher crashed again and again while it looked at this camera, so it is "
    "left out for {minutes} minutes; saving the camera's settings gives it another try",
    ReasonCode.BEHIND: "more pictures come than the watcher can look at",
    ReasonCode.MODEL_MISSING: "movement only: the model {model} is not installed: "
    "run `keepsight models install`",
    ReasonCode.MODEL_BROKEN: "movement only: the file of the model {model} is damaged: "
    "run `keepsight models install`",
    ReasonCode.MODEL_UNUSABLE: "movement only: the model {model} cannot be used: "
    "`keepsight models verify` examines its file",
    ReasonCode.OWN_GONE: "movement only: the file {file} is no longer in the folder `own` of the "
    "models",
    ReasonCode.OWN_REFUSED: "movement only: the file {file} cannot be used as a model: "
    "`keepsight camera watch` says why",
    ReasonCode.FAILED: "the watcher failed on this camera's pictures: `keepsight camera watch` "
    "says why",
    ReasonCode.SOUND_BEHIND: "more sound comes than the watcher can listen to",
    ReasonCode.SOUND_MODEL_MISSING: "the model {model} is not installed: "
    "run `keepsight models install {model}`",
    ReasonCode.SOUND_MODEL_BROKEN: "the file of the model {model} is damaged: "
    "run `keepsight models install {model}`",
    ReasonCode.SOUND_MODEL_UNUSABLE: "the model {model} cannot be used: "
    "`keepsight models verify` examines its file",
    ReasonCode.SOUND_FAILED: "this camera's sound cannot be listened to: `keepsight camera watch` "
    "says why",
}
"""In English. The names in braces are the values that come with the code."""

Values = dict[str, str | int]


@dataclass(frozen=True, slots=True)
class Reason:
    """Why something goes as it goes, in the hub's words."""

    code: ReasonCode
    values: Values = field(default_factory=dict)
    """What the sentence names: all of it known to the hub itself."""

    @property
    def sentence(self) -> str:
        """In English, for the command line."""
        return SENTENCES[self.code].format_map(self.values)

    def as_fields(self) -> dict[str, Any]:
        """As JSON."""
        return {"code": self.code.value, "values": self.values, "message": self.sentence}
