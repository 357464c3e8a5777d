"""The broker's settings outlive a restart, its password sealed, and open egress to it alone."""

from dataclasses import replace

from keepsight.core.secret import Secret
from keepsight.hub.notices.broker import BrokerServer
from keepsight.hub.notices.brokersettings import SETTING, load_broker, store_broker

PASSWORD = "s3cret-of-broker"
SERVER = BrokerServer(
    "broker.local", 8883, "tls", "hub", Secret(PASSWORD), authority_pem="PEM", has_discovery=True
)


def allowed(home):
    return [(c.host, c.port) for c in home.household.egress.contacts() if c.is_allowed]


async def test_settings_outlive_a_restart_and_lie_sealed(home):
    household = home.household
    assert await load_broker(household) is None
    await store_broker(household, SERVER, by="local")
    assert await load_broker(household) == SERVER
    assert allowed(home) == [("broker.local", 8883)]
    await store_broker(household, replace(SERVER, host="other.local"), by="local")
    assert allowed(home) == [("other.local", 8883)]
    household.store.engine.dispose()
    for path in home.directory.rglob("*"):
        if path.is_file():
            assert PASSWORD.encode() not in path.read_bytes(), path
    await store_broker(household, None, by="local")
    assert await load_broker(household) is None
    assert allowed(home) == []


async def test_settings_that_cannot_be_read_are_none(home):
    household = home.household
    await household.sql(
        household.store.write_settings, household.household_id, {SETTING: {"host": "x"}}
    )
    assert await load_broker(household) is None
