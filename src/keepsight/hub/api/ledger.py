"""The ledger, newest first, and whether its chain holds."""

import asyncio
from collections import deque
from pathlib import Path
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query

from keepsight.hub.api.answers import Caller, caller
from keepsight.seal.ledger import read_lines, verify

router = APIRouter()
LINES_MAX: Final = 200


def _page(path: Path, before: int, limit: int) -> list[dict[str, Any]]:
    kept: deque[dict[str, Any]] = deque(maxlen=limit)
    for entry, _line in read_lines(path):
        if int(str(entry["n"])) >= before:
            break
        kept.append(entry)
    return list(reversed(kept))


@router.get("/ledger")
async def show_ledger(
    who: Annotated[Caller, Depends(caller)],
    before: Annotated[int, Query(ge=0)] = 1 << 62,
    limit: Annotated[int, Query(ge=1, le=LINES_MAX)] = 50,
) -> dict[str, Any]:
    """A page of lines before number `before`, and the verdict over the whole chain."""
    path = who.household.directory / "ledger.jsonl"
    verdict = await asyncio.to_thread(verify, path)
    lines = await asyncio.to_thread(_page, path, before, limit) if verdict.lines else []
    return {
        "lines": lines,
        "intact": verdict.is_intact,
        "broken_at": verdict.broken_at,
        "count": verdict.lines,
        "head": verdict.head,
    }
