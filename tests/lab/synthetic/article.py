"""Builds the companion app of the article: every weakness that a published test found in one.

`python -m tests.lab.synthetic.article FILE` writes it. The names are our own; the six SDKs are the
ones the article names, each as a handful of empty classes, so that they are recognised and do
nothing.
"""

import sys
from pathlib import Path

from tests.lab.synthetic.code import Class, Method, dex
from tests.lab.synthetic.package import signed, signer
from tests.lab.synthetic.xml import Node, Ref, resource_table, write

PACKAGE = "org.example.camera.home"
OWN = "Lorg/example/camera/home/"
STRING = "Ljava/lang/String;"
PREFERENCES = f"({STRING}I)Landroid/content/SharedPreferences;"
CIPHER = f"({STRING})Ljavax/crypto/Cipher;"
PERMISSIONS = ("INTERNET", "ACCESS_FINE_LOCATION", "BLUETOOTH", "CAMERA", "RECORD_AUDIO",
               "READ_CONTACTS")  # fmt: skip
SDKS = {
    "Facebook Login": "Lcom/facebook/login/",
    "AutoNavi / Amap": "Lcom/amap/api/location/",
    "Bugly": "Lcom/tencent/bugly/crashreport/",
    "Google Firebase Analytics": "Lcom/google/firebase/analytics/",
    "Pangle": "Lcom/pangle/global/",
    "Tencent Stats (MTA)": "Lcom/tencent/stat/",
}


def manifest(*, min_sdk=23, target_sdk=28, **application):
    """Return the binary manifest."""
    attributes = {"debuggable": False, "allowBackup": True, "usesCleartextTraffic": True}
    launcher = Node("intent-filter", {}, [
        Node("action", {"name": "android.intent.action.MAIN"}),
        Node("category", {"name": "android.intent.category.LAUNCHER"}),
    ])  # fmt: skip
    components = [
        Node("activity", {"name": ".Main"}, [launcher]),
        Node("service", {"name": ".Stream", "exported": True}),
        Node("provider", {"name": ".Clips", "exported": True}),
    ]
    return write(
        Node("manifest", {"package": PACKAGE, "versionCode": 92, "versionName": Ref(0x7F010000)}, [
            Node("uses-sdk", {"minSdkVersion": min_sdk, "targetSdkVersion": target_sdk}),
            *(Node("uses-permission", {"name": f"android.permission.{one}"})
              for one in PERMISSIONS),
            Node("application", {**attributes, **application}, components),
        ])
    )  # fmt: skip


def empty(descriptor):
    """Return a class whose only method does nothing."""
    return Class(descriptor, [Method("start", "()V", [("return-void",)])])


def storage():
    """Return the class that keeps its preferences private: the famous false positive."""
    body = [("const-string", 1, "settings"), ("const/4", 2, 0),
            ("invoke-virtual", "Landroid/content/Context;", "getSharedPreferences", PREFERENCES,
             [0, 1, 2]),
            ("return-void",)]  # fmt: skip
    return Class(OWN + "Storage;", [Method("open", "()V", body)])


def ciphers():
    """Return the class that asks for outdated ciphers."""

    def asking(name):
        return [("const-string", 0, name),
                ("invoke-static", "Ljavax/crypto/Cipher;", "getInstance", CIPHER, [0]),
                ("return-void",)]  # fmt: skip

    names = {"message": "RC4", "legacy": "DES/CBC/PKCS5Padding", "local": "AES/ECB/PKCS5Padding",
             "fine": "AES/GCM/NoPadding"}  # fmt: skip
    return Class(
        OWN + "Ciphers;", [Method(name, "()V", asking(one)) for name, one in names.items()]
    )


def pages():
    """Return the class that debugs its web views and asks for a page in clear."""
    body = [("const/4", 0, 1),
            ("invoke-static", "Landroid/webkit/WebView;", "setWebContentsDebuggingEnabled", "(Z)V",
             [0]),
            ("new-instance", 1, "Ljava/net/URL;"),
            ("const-string", 2, "http://firmware.camera-vendor.net/latest"),
            ("invoke-direct", "Ljava/net/URL;", "<init>", f"({STRING})V", [1, 2]),
            ("return-void",)]  # fmt: skip
    return Class(OWN + "Pages;", [Method("show", "()V", body)])


def trusting():
    """Return a trust manager that accepts every certificate."""
    proto = f"([Ljava/security/cert/X509Certificate;{STRING})V"
    check = Method("checkServerTrusted", proto, [("return-void",)], static=False)
    return Class(OWN + "Trusting;", [check])


def article_code():
    """Return the dex file."""
    sdks = [empty(f"{path}Sdk{number};") for path in SDKS.values() for number in range(6)]
    return dex(empty(OWN + "Main;"), storage(), ciphers(), pages(), trusting(), *sdks)


def article_entries():
    """Return the entries of the package, unsigned."""
    return {
        "AndroidManifest.xml": manifest(),
        "classes.dex": article_code(),
        "resources.arsc": resource_table({(1, 0): "9.2.702"}),
        "META-INF/maven/com.squareup.okhttp3/okhttp/pom.properties": b"version=3.12.1\n",
    }


def article_app():
    """Return the package, signed with v1, v2 and v3."""
    return signed(article_entries(), who=signer("Example Camera Vendor"))


if __name__ == "__main__":
    Path(sys.argv[1]).write_bytes(article_app())
