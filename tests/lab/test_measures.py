"""The plain numbers, by the names of the contract."""

from keepsight.lab.facts.app import SchemeResult, Signing
from keepsight.lab.measures import measures_of
from tests.lab.made import app, capture, handshake, policy, product


def test_the_names_of_the_contract():
    schemes = Signing(
        tuple(
            SchemeResult(name, present=True, verified=name != "v3") for name in ("v1", "v2", "v3")
        )
    )
    found = measures_of(
        product(
            apps=(app("Bugly", signing=schemes),),
            captures=(capture(handshakes=(handshake(),)),),
            policies=(policy(),),
        )
    )
    assert found["app"]["signature_schemes"] == ["v1", "v2"]
    assert found["app"]["trackers"] == ["Bugly"]
    assert found["capture"]["tls"][0]["version"] == "TLS 1.3"
    assert found["capture"]["tls"][0]["cipher"] == "TLS_AES_128_GCM_SHA256"
    assert found["policy"]["words"] == 1000
    assert len(found["policy"]["documents"]) == 1


def test_what_is_not_there_is_absent():
    assert measures_of(product()) == {}
