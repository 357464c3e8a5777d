"""Goal: each class has the right owner. Method: names as they occur in real packages."""

import pytest

from keepsight.lab.finding import Owner
from keepsight.lab.read import tables
from keepsight.lab.read.ownership import Ownership


@pytest.mark.parametrize(
    ("package", "name", "owner"),
    [
        ("com.camera.home", "com.camera.home.Main", Owner.APP),
        ("com.camera.home", "com.camera.push.Client", Owner.VENDOR_SDK),
        ("com.camera.home", "com.tencent.bugly.Crash", Owner.THIRD_PARTY),
        ("com.camera.home", "okhttp3.OkHttpClient", Owner.THIRD_PARTY),
        ("com.camera.home", "net.unheard.of.Library", Owner.THIRD_PARTY),
        ("com.camera.home", "a.b.c", Owner.NONE),
        ("com.camera.home", "x", Owner.NONE),
        ("com.xiaomi.smarthome", "com.xiaomi.mipush.sdk.Client", Owner.VENDOR_SDK),
        ("com.github.someone.app", "com.github.another.Library", Owner.THIRD_PARTY),
        ("a2dp.Vol", "a2dp.Vol.Main", Owner.APP),
        ("", "com.camera.home.Main", Owner.THIRD_PARTY),
    ],
)
def test_owners(package, name, owner):
    decide = Ownership(package, tables.trackers(), tables.bundled_prefixes())
    assert decide(name) is owner
    assert decide(name) is owner
