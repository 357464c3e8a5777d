"""Addresses without encryption: does the code ask servers by plain http?

What it looks at:
    String constants that begin with `http://` and name a host on the internet. One that is proven
    to reach a network call (URL, OkHttp, Retrofit, WebView, Apache HttpClient) is a violation.

Why it matters:
    Such a request can be read and its answer replaced.

What it cannot see:
    Addresses put together at run time. A constant that no network call is proven to use may be a
    link in a text; it is listed and stays unknown. Names of XML languages are not addresses.

References:
    MASTG-TEST-0233, MASWE-0050.
"""

from ipaddress import ip_address
from typing import Final

from keepsight.lab.checks.app_rule import AppRule, at, by_owner, plural
from keepsight.lab.facts.app import AppFacts, CallSite
from keepsight.lab.facts.product import ProductFacts
from keepsight.lab.finding import Evidence, Finding, Severity

RULE: Final = AppRule(
    "app/http-urls",
    "http addresses in the code",
    ("MASTG-TEST-0233", "MASWE-0050", "CWE-319?"),
    "Use https for every request, and have the server refuse plain http.",
)
NAMESPACES: Final = frozenset({
    "schemas.android.com", "www.w3.org", "xmlpull.org", "ns.adobe.com", "xml.org", "java.sun.com",
    "apache.org", "xml.apache.org", "www.apache.org", "json.org", "www.json.org", "schema.org",
    "json-schema.org", "schemas.xmlsoap.org", "schemas.microsoft.com", "purl.org", "xmlns.com",
    "javax.xml.xmlconstants", "xmlns.jcp.org", "www.xmlpull.org", "ns.google.com", "iptc.org",
    "www.aiim.org", "relaxng.org", "www.slf4j.org", "logback.qos.ch", "www.example.com",
    "example.com", "plus.google.com", "hostname", "www.gnu.org", "xml.org.sax", "xerces.apache.org",
})  # fmt: skip
"""Hosts that occur as names of languages, licences or documentation, and not as addresses."""
_NETWORK: Final = (
    "URL",
    "Request.url",
    "Retrofit.baseUrl",
    "WebView.loadUrl",
    "HttpGet",
    "HttpPost",
)


def judge(rule: AppRule, app: AppFacts, _: ProductFacts) -> tuple[Finding, ...]:
    """Judge one app."""
    proven = [
        call for call in app.calls_of(*_NETWORK)
        if call.arguments and isinstance(call.arguments[0], str)
        and is_remote(host_of(call.arguments[0]))
    ]  # fmt: skip
    if proven:
        return tuple(_violated(rule, app, name, calls) for name, calls in by_owner(proven))
    loose = [use for use in app.urls if is_remote(host_of(use.text))]
    evidence = [
        at(app, use.place, f"constant {use.text[:120]}")
        if use.place is not None
        else Evidence(f"constant {use.text[:120]}, loaded by no instruction", app.artefact)
        for use in loose
    ]
    if app.code_gaps:
        reason = "; ".join(app.code_gaps[:3])
        return (rule.unknown(app, "Not all code could be read", reason, evidence),)
    if loose:
        title = f"{plural(len(loose), 'http address')} in the code, no request proven"
        return (
            rule.unknown(app, title, "no network call is proven to use these constants", evidence),
        )
    return (rule.clear(app, "No http address of a server on the internet is in the code"),)


def _violated(rule: AppRule, app: AppFacts, name: str, calls: list[CallSite]) -> Finding:
    urls = [str(call.arguments[0]) for call in calls]
    hosts = sorted({host_of(url) for url in urls})
    title = f"Requests by plain http to {', '.join(hosts[:5])} in {name}"
    evidence = [
        at(app, call.place, f"{call.api} of {url}") for call, url in zip(calls, urls, strict=True)
    ]
    return rule.violated(Severity.MEDIUM, title, evidence, {"hosts": hosts})


def host_of(url: str) -> str:
    """Return the host of a plain http address, empty for anything else."""
    if not url.startswith("http://"):
        return ""
    authority = url[7:].split("/", 1)[0].split("?", 1)[0].split("#", 1)[0]
    host = authority.rpartition("@")[2]
    return host.partition(":")[0].strip().lower() if not host.startswith("[") else host.lower()


def is_remote(host: str) -> bool:
    """Return whether a host lies on the internet, as far as its name tells."""
    if not host or host in NAMESPACES or "%" in host or "." not in host:
        return False
    try:
        address = ip_address(host.strip("[]"))
    except ValueError:
        return not host.endswith((".local", ".lan", ".localhost", ".internal", ".home.arpa"))
    return address.is_global


CHECK: Final = RULE.check(judge)
