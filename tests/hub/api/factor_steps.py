"""What several tests of sign-in do: enrol factors and take the second step, over the real API."""

import pyotp

from tests.hub.authenticator import Authenticator

ORIGIN = "https://home.example"
AT_HOME = {"Host": "home.example", "X-Forwarded-Proto": "https", "Origin": ORIGIN}
"""As the door passes on a request to https://home.example."""


class AtHome:
    """A browser that came under a name and over TLS, where passkeys work."""

    def __init__(self, browser):
        self.browser = browser
        self.cookie = ""

    async def ask(self, method, path, body=None):
        headers = {**AT_HOME, **({"Cookie": self.cookie} if self.cookie else {})}
        answer = await self.browser.ask(method, path, body, headers=headers)
        found = answer.headers.get("Set-Cookie", "")
        if found.startswith("__Host-"):
            self.cookie = found.split(";")[0]
        return answer

    async def sign_in(self, passphrase, member="Ann", **more):
        body = {"member": member, "passphrase": passphrase, "device": self.browser.device, **more}
        return await self.ask("POST", "/api/session", body)

    async def add_passkey(self, name="Phone"):
        """Enrol a passkey; the authenticator that holds it."""
        asked = await self.ask("POST", "/api/factors/passkeys/options", {})
        assert asked.status == 200, asked.body
        question = asked.json()
        device = Authenticator(origin=ORIGIN)
        answer = device.create(question["options"])
        body = {"challenge": question["challenge"], "answer": answer, "name": name}
        added = await self.ask("POST", "/api/factors/passkeys", body)
        assert added.status == 204, added.body
        return device

    async def passkey_answer(self, device, path="/api/session/passkey/options", **body):
        question = (await self.ask("POST", path, body)).json()
        return {"challenge": question["challenge"], "answer": device.get(question["options"])}


async def add_totp(browser):
    """Enrol an authenticator program; its TOTP."""
    begun = (await browser.ask("POST", "/api/factors/totp", {})).json()
    totp = pyotp.TOTP(begun["secret"])
    answer = await browser.ask("POST", "/api/factors/totp/confirmation", {"code": totp.now()})
    assert answer.status == 204, answer.body
    return totp


def next_code(totp, clock, steps=1):
    """The code of a step to come, which is good already and not used yet."""
    return totp.at(int(clock.wall_us() / 1e6) + 30 * steps)
