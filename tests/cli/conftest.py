"""An installation with one running household, for commands to talk to."""

import pytest

from keepsight.serve.installation import add_household
from tests.home import running_hub, set_up


@pytest.fixture
async def installed(tmp_path, cheap_argon2):
    """(data directory, Home) of a set-up household whose hub runs in this process."""
    data = tmp_path / "data"
    place = add_household(data).places[0]
    async with running_hub(place.directory) as home:
        await set_up(home)
        yield data, home
