"""The interfaces whose calls the lab looks for, and the short names the checks know them by."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Target:
    """One interface."""

    api: str
    """Short name, as `facts.app.CallSite.api` has it."""
    method: str
    classes: tuple[str, ...] = ()
    """Descriptors of the classes it may be called on; empty: any, since apps call their own
    subclasses, and the prototype tells it apart."""
    protos: tuple[str, ...] = ()
    """Prototypes; empty: any."""


_CONTEXT_FILE: Final = "(Ljava/lang/String;I)"
_DATABASE: Final = "Landroid/database/sqlite/SQLiteDatabase;"
_FACTORY: Final = "Landroid/database/sqlite/SQLiteDatabase$CursorFactory;"

FILE_MODES: Final = (
    Target(
        "getSharedPreferences",
        "getSharedPreferences",
        protos=(f"{_CONTEXT_FILE}Landroid/content/SharedPreferences;",),
    ),
    Target(
        "openFileOutput", "openFileOutput", protos=(f"{_CONTEXT_FILE}Ljava/io/FileOutputStream;",)
    ),
    Target("getDir", "getDir", protos=(f"{_CONTEXT_FILE}Ljava/io/File;",)),
    Target(
        "openOrCreateDatabase",
        "openOrCreateDatabase",
        protos=(
            f"(Ljava/lang/String;I{_FACTORY}){_DATABASE}",
            f"(Ljava/lang/String;I{_FACTORY}Landroid/database/DatabaseErrorHandler;){_DATABASE}",
        ),
    ),
    Target("getPreferences", "getPreferences", protos=("(I)Landroid/content/SharedPreferences;",)),
)
CRYPTO: Final = (
    Target("Cipher.getInstance", "getInstance", ("Ljavax/crypto/Cipher;",)),
    Target("MessageDigest.getInstance", "getInstance", ("Ljava/security/MessageDigest;",)),
    Target("Signature.getInstance", "getInstance", ("Ljava/security/Signature;",)),
    Target("Mac.getInstance", "getInstance", ("Ljavax/crypto/Mac;",)),
    Target("SecureRandom.getInstance", "getInstance", ("Ljava/security/SecureRandom;",)),
    Target("SSLContext.getInstance", "getInstance", ("Ljavax/net/ssl/SSLContext;",)),
    Target(
        "SecretKeySpec", "<init>", ("Ljavax/crypto/spec/SecretKeySpec;",),
        ("([BLjava/lang/String;)V", "([BIILjava/lang/String;)V"),
    ),
    Target("IvParameterSpec", "<init>", ("Ljavax/crypto/spec/IvParameterSpec;",)),
    Target("SecureRandom", "<init>", ("Ljava/security/SecureRandom;",), ("([B)V",)),
    Target("SecureRandom.setSeed", "setSeed", ("Ljava/security/SecureRandom;",)),
    Target("Random.nextBytes", "nextBytes", ("Ljava/util/Random;",)),
)  # fmt: skip
TRUST: Final = (
    Target("SslErrorHandler.proceed", "proceed", ("Landroid/webkit/SslErrorHandler;",)),
    Target(
        "setHostnameVerifier", "setHostnameVerifier",
        ("Ljavax/net/ssl/HttpsURLConnection;", "Lorg/apache/http/conn/ssl/SSLSocketFactory;"),
    ),
    Target(
        "setDefaultHostnameVerifier", "setDefaultHostnameVerifier",
        ("Ljavax/net/ssl/HttpsURLConnection;",),
    ),
    Target("CertificatePinner.add", "add", ("Lokhttp3/CertificatePinner$Builder;",)),
)  # fmt: skip
DEBUG: Final = (
    Target(
        "setWebContentsDebuggingEnabled", "setWebContentsDebuggingEnabled",
        ("Landroid/webkit/WebView;",),
    ),
    Target("StrictMode.setThreadPolicy", "setThreadPolicy", ("Landroid/os/StrictMode;",)),
    Target("StrictMode.setVmPolicy", "setVmPolicy", ("Landroid/os/StrictMode;",)),
    Target("StrictMode.enableDefaults", "enableDefaults", ("Landroid/os/StrictMode;",)),
)  # fmt: skip
_SETTINGS: Final = ("Landroid/webkit/WebSettings;",)
WEB_VIEW: Final = (
    Target("setJavaScriptEnabled", "setJavaScriptEnabled", _SETTINGS),
    Target("setAllowFileAccess", "setAllowFileAccess", _SETTINGS),
    Target("setAllowFileAccessFromFileURLs", "setAllowFileAccessFromFileURLs", _SETTINGS),
    Target("setAllowUniversalAccessFromFileURLs", "setAllowUniversalAccessFromFileURLs", _SETTINGS),
    Target("setMixedContentMode", "setMixedContentMode", _SETTINGS),
    Target("addJavascriptInterface", "addJavascriptInterface"),
)
STORAGE: Final = (
    Target("putString", "putString", ("Landroid/content/SharedPreferences$Editor;",)),
    Target(
        "getExternalStorageDirectory", "getExternalStorageDirectory", ("Landroid/os/Environment;",)
    ),
)
NETWORK: Final = (
    Target("URL", "<init>", ("Ljava/net/URL;",), ("(Ljava/lang/String;)V",)),
    Target(
        "Request.url", "url", ("Lokhttp3/Request$Builder;",),
        ("(Ljava/lang/String;)Lokhttp3/Request$Builder;",),
    ),
    Target("Retrofit.baseUrl", "baseUrl", ("Lretrofit2/Retrofit$Builder;",)),
    Target("WebView.loadUrl", "loadUrl", ("Landroid/webkit/WebView;",)),
    Target("HttpGet", "<init>", ("Lorg/apache/http/client/methods/HttpGet;",)),
    Target("HttpPost", "<init>", ("Lorg/apache/http/client/methods/HttpPost;",)),
    Target("openConnection", "openConnection", ("Ljava/net/URL;",)),
)  # fmt: skip
NETWORK_APIS: Final = frozenset(target.api for target in NETWORK)

ALL: Final = (*FILE_MODES, *CRYPTO, *TRUST, *DEBUG, *WEB_VIEW, *STORAGE, *NETWORK)

TRUST_BODIES: Final = {
    "checkServerTrusted": "trust-manager",
    "verify": "hostname-verifier",
    "onReceivedSslError": "web-error",
}
"""Names of methods that decide about trust, and what their bodies are called in the facts."""
TRUST_PROTOS: Final = {
    "trust-manager": ("([Ljava/security/cert/X509Certificate;Ljava/lang/String;",),
    "hostname-verifier": ("(Ljava/lang/String;Ljavax/net/ssl/SSLSession;)Z",),
    "web-error": (
        "(Landroid/webkit/WebView;Landroid/webkit/SslErrorHandler;Landroid/net/http/SslError;)V",
    ),
}
"""How their prototypes begin; others of the same name mean something else."""
