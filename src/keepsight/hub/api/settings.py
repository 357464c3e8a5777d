"""Household settings."""

from typing import Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from keepsight.hub.api.answers import ApiError, Caller
from keepsight.hub.api.policies import Owner, SignedIn
from keepsight.hub.settings import SettingError

router = APIRouter()


class SettingsBody(BaseModel):
    """The settings to change."""

    model_config = ConfigDict(extra="forbid")
    retention_days: int | None = None
    free_bytes_min: int | None = None
    language: Literal["en", "de"] | None = None
    household_name: str | None = Field(default=None, min_length=1, max_length=100)


def _answer(who: Caller) -> dict[str, Any]:
    name = who.household.keyring.name
    return {**who.household.settings.as_dict(), "household_name": name}


@router.get("/settings")
async def show_settings(who: SignedIn) -> dict[str, Any]:
    """Current settings."""
    return _answer(who)


@router.patch("/settings")
async def change_settings(body: SettingsBody, who: Owner) -> dict[str, Any]:
    """Change settings."""
    values = body.model_dump(exclude_none=True, exclude={"household_name"})
    try:
        if values:
            await who.household.change_settings(values, by=who.name)
    except SettingError as error:
        raise ApiError(422, "bad_setting", str(error), where=error.name) from error
    if body.household_name:
        await who.household.rename(body.household_name.strip(), by=who.name)
    return _answer(who)
