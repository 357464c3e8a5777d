"""The ledger: its lines, newest first; proofs about it; who could see what."""

import asyncio
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query

from keepsight.hub.api.answers import Caller, caller
from keepsight.hub.journal import Journal

router = APIRouter()
LINES_MAX: Final = 200


def _standing(journal: Journal) -> dict[str, Any]:
    """What is known of the whole without reading it: a full examination is asked for."""
    verdict = journal.verdict
    count, head = journal.head
    is_intact = not journal.is_rolled_back and (verdict is None or verdict.is_intact)
    return {
        "intact": is_intact,
        "broken_at": verdict.broken_at if verdict else None,
        "count": count,
        "head": head,
    }


@router.get("/ledger")
async def show_ledger(
    who: Annotated[Caller, Depends(caller)],
    before: Annotated[int, Query(ge=0)] = 1 << 62,
    limit: Annotated[int, Query(ge=1, le=LINES_MAX)] = 50,
) -> dict[str, Any]:
    """A page of lines before number `before`, and how the ledger stands."""
    journal = who.household.journal
    lines = await asyncio.to_thread(journal.reader.page, before, limit)
    return {"lines": lines, **_standing(journal), "names": journal.reader.names()}
