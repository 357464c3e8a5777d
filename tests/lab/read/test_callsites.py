"""Goal: calls, constants and shapes are found with their place. Method: dex files by hand."""

import pytest

from keepsight.lab.finding import Owner
from keepsight.lab.read.callsites import Scan
from keepsight.lab.read.dex import Dex
from keepsight.lab.read.limits import UnreadableArtefact
from tests.lab.synthetic.article import article_code
from tests.lab.synthetic.code import Class, Method, dex

TRUST = "([Ljava/security/cert/X509Certificate;Ljava/lang/String;)V"
VERIFY = "(Ljava/lang/String;Ljavax/net/ssl/SSLSession;)Z"
WEB = "(Landroid/webkit/WebView;Landroid/webkit/SslErrorHandler;Landroid/net/http/SslError;)V"
HANDLER = "Landroid/webkit/SslErrorHandler;"


def scan(data):
    return Scan(Dex(data), "classes.dex", lambda _: Owner.APP).run()


def of_class(*methods):
    return scan(dex(Class("Lorg/a/B;", list(methods))))


def body_of(name, proto, *lines):
    (found,) = of_class(Method(name, proto, list(lines), static=False)).bodies
    return found


def test_calls_have_arguments_and_places():
    found = scan(article_code())
    ciphers = {one.place.method: one.arguments[0] for one in found.calls
               if one.api == "Cipher.getInstance"}  # fmt: skip
    assert ciphers == {"message": "RC4", "legacy": "DES/CBC/PKCS5Padding",
                       "local": "AES/ECB/PKCS5Padding", "fine": "AES/GCM/NoPadding"}  # fmt: skip
    (mode,) = [one for one in found.calls if one.api == "getSharedPreferences"]
    assert mode.arguments == ("settings", 0)
    assert str(mode.place).startswith("classes.dex org.example.camera.home.Storage.open at 0x")
    assert not found.gaps


def test_http_constants_have_a_place_or_none():
    found = of_class(Method("m", "()V", [("const-string", 0, "http://a.net/x"), ("return-void",)]))
    (use,) = found.constants
    assert (use.text, use.place.method) == ("http://a.net/x", "m")
    (loose,) = scan(dex(Class("La/B;"), extra_strings=("http://b.net",))).constants
    assert loose.place is None


def test_bytes_that_only_look_like_a_call_are_not_one():
    """The pattern of a call inside a number constant must not become a call site."""
    take = [("const-string", 0, "RC4"),
            ("invoke-static", "Ljavax/crypto/Cipher;", "getInstance",
             "(Ljava/lang/String;)Ljavax/crypto/Cipher;", [0]), ("return-void",)]  # fmt: skip
    data = dex(Class("La/B;", [Method("a", "()V", take)]))
    at = data.index(b"\x71\x10")
    look_alike = [("raw", b"\x18\x00" + data[at : at + 6] + b"\0\0"), ("return-void",)]
    both = dex(Class("La/B;", [Method("a", "()V", take), Method("b", "()V", look_alike)]))
    assert [one.place.method for one in scan(both).calls] == ["a"]


def test_a_trust_manager_that_does_nothing_accepts_all():
    assert body_of("checkServerTrusted", TRUST, ("return-void",)).accepts_all is True


def test_a_trust_manager_that_throws_or_calls_is_not_judged():
    calling = ("invoke-static", "La/C;", "look", "()V", [])
    assert body_of("checkServerTrusted", TRUST, ("throw", 0)).accepts_all is None
    assert body_of("checkServerTrusted", TRUST, calling, ("return-void",)).accepts_all is None


def test_a_trust_manager_that_hands_on_decides():
    on = ("invoke-interface", "Ljavax/net/ssl/X509TrustManager;", "checkServerTrusted", TRUST,
          [5, 6, 7])  # fmt: skip
    found = of_class(Method("checkServerTrusted", TRUST, [on, ("return-void",)], static=False))
    assert [one.accepts_all for one in found.bodies] == [False]


def test_handing_on_only_sometimes_is_not_judged():
    on = ("invoke-interface", "Ljavax/net/ssl/X509TrustManager;", "checkServerTrusted", TRUST,
          [5, 6, 7])  # fmt: skip
    lines = (("if-eqz", 0, "end"), on, ("label", "end"), ("return-void",))
    assert body_of("checkServerTrusted", TRUST, *lines).accepts_all is None


def test_handing_on_to_an_overload_of_the_same_class_proves_nothing():
    """A library's trust manager that accepts everything was once taken for one that decides."""
    on = ("invoke-virtual", "Lorg/a/B;", "checkServerTrusted", TRUST, [5, 6, 7])
    assert body_of("checkServerTrusted", TRUST, on, ("return-void",)).accepts_all is None


@pytest.mark.parametrize(("value", "accepts"), [(1, True), (0, False)])
def test_a_host_name_verifier_with_one_answer(value, accepts):
    found = body_of("verify", VERIFY, ("const/4", 0, value), ("return", 0))
    assert found.accepts_all is accepts


def test_a_host_name_verifier_that_looks_is_not_judged():
    look = ("invoke-static", "La/C;", "look", "()Z", [])
    found = body_of("verify", VERIFY, look, ("move-result", 0), ("return", 0))
    assert found.accepts_all is None


@pytest.mark.parametrize(
    ("lines", "accepts"),
    [((("proceed",),), True), ((("cancel",),), False), (((),), None),
     ((("if-eqz", 0, "end"), ("proceed",), ("label", "end")), None)],
)  # fmt: skip
def test_web_errors(lines, accepts):
    body = [
        ("invoke-virtual", HANDLER, line[0], "()V", [6]) if len(line) == 1 else line
        for line in lines if line
    ]  # fmt: skip
    assert body_of("onReceivedSslError", WEB, *body, ("return-void",)).accepts_all is accepts


def test_methods_of_the_same_name_and_another_form_mean_something_else():
    assert not of_class(Method("verify", "(I)Z", [("const/4", 0, 1), ("return", 0)])).bodies


RC4 = [
    ("const/16", 0, 256), ("label", "fill"), ("raw", bytes([0x8D, 0x36])), ("aput-byte", 6, 2, 3),
    ("add-int/lit8", 3, 3, 1), ("if-lt", 3, 0, "fill"), ("label", "loop"), ("aget-byte", 1, 2, 3),
    ("aget-byte", 4, 2, 5), ("aput-byte", 4, 2, 3), ("aput-byte", 1, 2, 5),
    ("and-int/lit16", 3, 3, 255), ("xor-int", 6, 1, 4), ("if-lt", 3, 0, "loop"), ("return-void",),
]  # fmt: skip


def bodies_without(*dropped):
    lines = [line for line in RC4 if line not in dropped]
    return of_class(Method("crypt", "()V", lines)).bodies


def test_rc4_by_hand_is_recognised():
    (found,) = bodies_without()
    assert (found.kind, found.accepts_all) == ("rc4", True)


def test_a_shuffle_is_a_shape_and_no_proof():
    (found,) = bodies_without(("xor-int", 6, 1, 4))
    assert found.accepts_all is None


def test_tables_and_copies_are_not_rc4():
    """A collation library masks, copies and exclusive-ors bytes and was once taken for RC4."""
    assert bodies_without(("aput-byte", 6, 2, 3)) == []
    assert bodies_without(("aput-byte", 1, 2, 5)) == []


def test_a_damaged_method_is_a_gap_and_the_others_are_read():
    good = [("const-string", 0, "http://a.net"), ("return-void",)]
    bad = [("const-string", 0, "http://b.net"), ("raw", b"\x18\x00")]
    found = of_class(Method("good", "()V", good), Method("worse", "()V", bad))
    assert [use.place.method for use in found.constants if use.place] == ["good"]
    assert any("worse" in gap for gap in found.gaps)


def test_malformed_tables_are_refused():
    data = bytearray(article_code())
    data[0x64:0x68] = b"\xff\xff\xff\x7f"
    with pytest.raises(UnreadableArtefact):
        scan(bytes(data))


def test_methods_on_top_of_each_other_are_a_gap():
    """One long body, claimed by many methods at offsets of two bytes: work must not multiply."""
    take = ("invoke-static", "Ljavax/crypto/Cipher;", "getInstance",
            "(Ljava/lang/String;)Ljavax/crypto/Cipher;", [0])  # fmt: skip
    body = [take] * 200 + [("return-void",)]
    found = of_class(Method("a", "()V", body))
    assert len(found.calls) == 200
    short = Scan(Dex(dex(Class("La/B;", [Method("a", "()V", body)]))), "x", lambda _: Owner.APP)
    short._units_left = 100
    assert any("on top of each other" in gap for gap in short.run().gaps)
