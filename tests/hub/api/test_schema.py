"""Requests made from the OpenAPI document by schemathesis, with ids that exist: no server error.

Method: each operation gets bodies, queries and headers that the schema allows and that it forbids,
from a signed-in owner, over the real socket of a real hub. Goal: never a status of 500 or above
except 503 and 507, whose meaning is a disk or ledger that refuses, and every refusal has a code.
"""

import asyncio
import json
import re

import hypothesis
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase

from keepsight.hub.api.api import build_api
from tests.home import simulated_camera

EXAMPLES = 6
"""Of each operation and kind; `--hypothesis-profile` of nobody changes it."""
ENDING = {
    ("DELETE", "/api/session"),  # ends the session that asks
    ("DELETE", "/api/sessions"),
    ("POST", "/api/session/passphrase"),  # would change what the others sign in with
    ("POST", "/api/setup"),
    ("POST", "/api/checks/{check}/start"),  # starts a lab
    ("PUT", "/api/notices/broker"),  # would have the hub knock at made-up hosts
}
"""Operations that are asked once at the end or nowhere, and why."""


async def ids_of(home, ann, camera):
    """Ids that exist, for the placeholders of paths and for cameras in bodies."""
    files = [{"name": "policy.txt", "bytes": 5}]
    check = (await ann.ask("POST", "/api/checks", {"name": "c", "files": files})).json()
    invite = await home.invite("Gwen")
    body = {"path": "nowhere.example", "capabilities": ["still"], "reason": "a test"}
    off = (await ann.ask("POST", "/api/suspensions", body)).json()
    return {
        "camera": camera["id"],
        "check": check["id"],
        "invite": invite["id"],
        "member": (await ann.get("/api/members"))[0]["id"],
        "device": "ab" * 16,
        "event": "12" * 16,
        "session": (await ann.get("/api/sessions"))[0]["id"],
        "suspension": off["suspension"],
        "opaque": camera["streams"][0]["opaque"],
        "writer": "cd" * 16,
        "key": "ef" * 16,
        "number": "0",
        "sequences": "0-1",
    }


def with_ids(value, ids):
    """Puts an id that exists where a body names a camera."""
    if isinstance(value, dict):
        return {
            name: ids["camera"]
            if name == "camera" and isinstance(part, str)
            else with_ids(part, ids)
            for name, part in value.items()
        }
    return [with_ids(part, ids) for part in value] if isinstance(value, list) else value


class Asker:
    """Sends what schemathesis makes, from a thread of its own."""

    def __init__(self, browser, ids, loop):
        self.browser, self.ids, self.loop = browser, ids, loop
        self.count = 0
        self.faults = []

    def ask(self, case):
        path = re.sub(r"\{(\w+)\}", lambda found: self.ids[found[1]], case.path)
        query = {
            name: self.ids["camera"] if name == "camera" else _text(value)
            for name, value in dict(case.query or {}).items()
        }
        is_json = isinstance(case.body, dict | list | str | int | float | bool | None)
        body = with_ids(case.body, self.ids) if is_json else None
        question = self.browser.ask(case.method.upper(), path, body, **query)
        answer = asyncio.run_coroutine_threadsafe(question, self.loop).result(60)
        self.count += 1
        if fault := _fault(answer):
            self.faults.append(f"{case.method} {path} {query} {body!r}: {fault}")


def _text(value):
    if isinstance(value, list):
        return [part if isinstance(part, str) else json.dumps(part) for part in value]
    return value if isinstance(value, str) else json.dumps(value)


def _fault(answer):
    if answer.status >= 500 and answer.status not in (503, 507):
        return f"{answer.status} {answer.body[:200]!r}"
    if answer.status >= 400:
        document = json.loads(answer.body)
        if not (document["error"] and document["message"]):
            return f"a refusal without a code: {document}"
    return None


def try_all(schema, asker):
    """Every operation, with what its schema allows and forbids. Runs in a thread."""
    settings = hypothesis.settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    modes = (schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE)
    operations = [found.ok() for found in schema.get_all_operations()]
    # Deletions last: what they delete is asked about before.
    for operation in sorted(operations, key=lambda one: one.method.upper() == "DELETE"):
        if (operation.method.upper(), operation.path) in ENDING:
            continue
        for mode in modes:
            strategy = operation.as_strategy(generation_mode=mode)
            try:
                _asked(asker, strategy, settings)()
            except hypothesis.errors.Unsatisfiable:
                continue  # nothing is forbidden where nothing can be said
    return len(operations)


def _asked(asker, strategy, settings):
    @settings
    @hypothesis.given(strategy)
    def ask(case):
        asker.ask(case)

    return ask


@pytest.mark.timeout(300)
async def test_no_request_that_the_document_allows_or_forbids_breaks_the_hub(home, clip):
    document = build_api(home.hub, is_local=False).openapi()
    async with simulated_camera(clip) as simulated, home.browser() as ann:
        camera = await home.add_camera(simulated.url)
        ids = await ids_of(home, ann, camera)
        asker = Asker(ann, ids, asyncio.get_running_loop())
        schema = schemathesis.openapi.from_dict(document)
        operations = await asyncio.to_thread(try_all, schema, asker)
    print(f"operations: {operations}, requests: {asker.count}, faults: {len(asker.faults)}")
    print("\n".join(asker.faults[:20]))
    assert asker.faults == []
    assert asker.count > 3 * operations
