"""The hub's reason for a state that the watcher claims, from what the hub knows itself."""

from pathlib import Path
from typing import Final

from keepsight.hub.watch.models import KNOWN, KnownModel, ModelState, find_known, find_own, state_of
from keepsight.hub.watch.reason import Reason, ReasonCode
from keepsight.hub.watch.watchstate import WatchPhase
from keepsight.hub.watching import MODEL_NONE, OWN_MODEL

SOUND: Final[KnownModel] = next(model for model in KNOWN if model.role == "sound")
_OF_MODEL: Final[dict[ModelState, ReasonCode]] = {
    "missing": ReasonCode.MODEL_MISSING,
    "broken": ReasonCode.MODEL_BROKEN,
    "installed": ReasonCode.MODEL_UNUSABLE,
}
_OF_SOUND: Final[dict[ModelState, ReasonCode]] = {
    "missing": ReasonCode.SOUND_MODEL_MISSING,
    "broken": ReasonCode.SOUND_MODEL_BROKEN,
    "installed": ReasonCode.SOUND_MODEL_UNUSABLE,
}


def cause_of(phase: WatchPhase, model: str, models: Path) -> Reason | None:
    """Why watching goes like this; None where it goes well.

    Args:
        phase: what the watcher claims.
        model: the one that the camera's owner chose, as in Watching.
        models: folder of the models: what of it is missing is seen without the watcher.
    """
    if phase is WatchPhase.BEHIND:
        return Reason(ReasonCode.BEHIND)
    if phase is WatchPhase.FAILED:
        return Reason(ReasonCode.FAILED)
    if phase is not WatchPhase.OFF or model == MODEL_NONE:
        return None
    if model.startswith(OWN_MODEL):
        is_there = find_own(model, models) is not None
        code = ReasonCode.OWN_REFUSED if is_there else ReasonCode.OWN_GONE
        return Reason(code, {"file": model.removeprefix(OWN_MODEL)})
    known = find_known(model)
    code = ReasonCode.MODEL_UNUSABLE if known is None else _OF_MODEL[state_of(known, models)]
    return Reason(code, {"model": model})


def sound_cause_of(phase: WatchPhase, models: Path) -> Reason | None:
    """The same for listening."""
    if phase is WatchPhase.BEHIND:
        return Reason(ReasonCode.SOUND_BEHIND)
    if phase is WatchPhase.FAILED:
        return Reason(ReasonCode.SOUND_FAILED)
    if phase is not WatchPhase.OFF:
        return None
    return Reason(_OF_SOUND[state_of(SOUND, models)], {"model": SOUND.name})
