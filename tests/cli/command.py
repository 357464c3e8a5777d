"""Runs `keepsight` as a person would: a process of its own, with its output and exit status."""

import asyncio
import json
import os
import sys
from dataclasses import dataclass


@dataclass
class Result:
    status: int
    out: str
    err: str

    @property
    def json(self):
        return json.loads(self.out)


async def keepsight(*arguments, stdin=None, env=None):
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "keepsight"),
        *map(str, arguments),
        stdin=asyncio.subprocess.PIPE if stdin is not None else asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "COLUMNS": "160", **(env or {})},
    )
    out, err = await process.communicate(stdin.encode() if stdin is not None else None)
    return Result(process.returncode, out.decode(), err.decode())
