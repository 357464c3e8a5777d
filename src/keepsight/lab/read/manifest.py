"""Turns `AndroidManifest.xml` into facts, with the defaults Android itself applies."""

from collections.abc import Callable
from typing import Final

from keepsight.lab.facts.app import Component, Manifest, Permission
from keepsight.lab.read.axml import Element, Value, parse
from keepsight.lab.read.limits import UnreadableArtefact
from keepsight.lab.read.resources import ResourceTable

# Resource ids of the attributes (android.R.attr); Android goes by these and not by the names.
_NAME: Final = 0x01010003
_PERMISSION: Final = 0x01010006
_READ_PERMISSION: Final = 0x01010007
_DEBUGGABLE: Final = 0x0101000F
_EXPORTED: Final = 0x01010010
_MIN_SDK: Final = 0x0101020C
_VERSION_CODE: Final = 0x0101021B
_VERSION_NAME: Final = 0x0101021C
_TARGET_SDK: Final = 0x01010270
_MAX_SDK: Final = 0x01010271
_ALLOW_BACKUP: Final = 0x01010280
_SCHEME: Final = 0x01010027
_ENABLED: Final = 0x0101000E
_CLEARTEXT: Final = 0x010104EC
_NETWORK_SECURITY: Final = 0x01010527
_TARGET_SANDBOX: Final = 0x0101054C
_COMPONENTS: Final = ("activity", "activity-alias", "service", "receiver", "provider")
_PROVIDERS_EXPORTED_BELOW: Final = 17
"""Targets below this export a provider unless it says otherwise."""

TableSource = Callable[[], ResourceTable | None]


def read(data: bytes, table: TableSource) -> Manifest:
    """Return the facts.

    Args:
        data: the binary XML.
        table: gives the resource table when a value refers to it; called only then.

    Raises:
        UnreadableArtefact: malformed, or no manifest.
    """
    elements = parse(data)
    root = elements[0]
    if root.name != "manifest":
        raise UnreadableArtefact("the root element is not a manifest")
    return _Reader(elements, table).manifest(root)


class _Reader:
    def __init__(self, elements: list[Element], table: TableSource) -> None:
        self._elements = elements
        self._table = table

    def _value(self, element: Element | None, resource_id: int, name: str) -> Value | None:
        value = element.get(resource_id, name) if element is not None else None
        if value is not None and value.is_reference:
            table = self._table()
            return (table.resolve(value) if table is not None else None) or value
        return value

    def _text(self, element: Element | None, resource_id: int, name: str) -> str:
        value = self._value(element, resource_id, name)
        return value.text if value is not None else ""

    def _number(self, element: Element | None, resource_id: int, name: str) -> int | None:
        value = self._value(element, resource_id, name)
        return value.number() if value is not None else None

    def _flag(
        self, element: Element | None, resource_id: int, name: str, *, default: bool | None
    ) -> bool | None:
        value = self._value(element, resource_id, name)
        return value.flag() if value is not None else default

    def manifest(self, root: Element) -> Manifest:
        package = self._text(root, 0, "package")
        if not package:
            raise UnreadableArtefact("the manifest names no package")
        application = self._first("application")
        min_sdk, target_sdk = self._sdks()
        return Manifest(
            package=package,
            split=self._text(root, 0, "split"),
            version_name=self._text(root, _VERSION_NAME, "versionName"),
            version_code=self._number(root, _VERSION_CODE, "versionCode"),
            min_sdk=min_sdk,
            target_sdk=target_sdk,
            target_sandbox=self._number(root, _TARGET_SANDBOX, "targetSandboxVersion") or 1,
            debuggable=self._flag(application, _DEBUGGABLE, "debuggable", default=False),
            allow_backup=self._flag(application, _ALLOW_BACKUP, "allowBackup", default=True),
            uses_cleartext_traffic=self._flag(
                application, _CLEARTEXT, "usesCleartextTraffic", default=None
            ),
            network_security_config=self._file(application),
            permissions=self._permissions(),
            components=self._components(application, package, target_sdk),
        )

    def _first(self, name: str) -> Element | None:
        return next((one for one in self._elements if one.name == name and one.depth == 1), None)

    def _sdks(self) -> tuple[int, int]:
        uses = [one for one in self._elements if one.name == "uses-sdk" and one.depth == 1]
        element = uses[-1] if uses else None
        smallest = self._number(element, _MIN_SDK, "minSdkVersion")
        target = self._number(element, _TARGET_SDK, "targetSdkVersion")
        min_sdk = 1 if smallest is None else smallest
        return min_sdk, min_sdk if target is None else target

    def _file(self, application: Element | None) -> str:
        value = self._value(application, _NETWORK_SECURITY, "networkSecurityConfig")
        if value is None:
            return ""
        return value.text if value.text and not value.is_reference else "?"

    def _permissions(self) -> tuple[Permission, ...]:
        found: dict[str, Permission] = {}
        for element in self._elements:
            if element.name in ("uses-permission", "uses-permission-sdk-23"):
                name = self._text(element, _NAME, "name")
                limit = self._number(element, _MAX_SDK, "maxSdkVersion")
                if name:
                    found.setdefault(name, Permission(name, limit))
        return tuple(found.values())

    def _components(
        self, application: Element | None, package: str, target_sdk: int
    ) -> tuple[Component, ...]:
        default_permission = self._text(application, _PERMISSION, "permission")
        found: dict[int, tuple[Element, dict[str, list[str]]]] = {}
        for element in self._elements:
            if element.depth == 2 and element.name in _COMPONENTS:
                found[id(element)] = (element, {"filters": [], "action": [], "category": []})
                found[id(element)][1]["data"] = []
            owner = element.parent
            if element.name == "intent-filter" and owner is not None and id(owner) in found:
                found[id(owner)][1]["filters"].append("")
            above = owner.parent if owner is not None else None
            if above is not None and id(above) in found and owner is not None:
                self._filter_part(element, owner, found[id(above)][1])
        return tuple(
            self._component(element, parts, package, target_sdk, default_permission)
            for element, parts in found.values()
        )

    def _filter_part(self, element: Element, owner: Element, parts: dict[str, list[str]]) -> None:
        if owner.name != "intent-filter" or element.name not in ("action", "category", "data"):
            return
        text = (
            self._text(element, _SCHEME, "scheme")
            if element.name == "data"
            else self._text(element, _NAME, "name")
        )
        if text:
            parts[element.name].append(text)

    def _component(
        self,
        element: Element,
        parts: dict[str, list[str]],
        package: str,
        target_sdk: int,
        default_permission: str,
    ) -> Component:
        implied = bool(parts["filters"])
        if element.name == "provider":
            implied = target_sdk < _PROVIDERS_EXPORTED_BELOW
        exported = self._flag(element, _EXPORTED, "exported", default=implied)
        enabled = self._flag(element, _ENABLED, "enabled", default=True)
        name = self._text(element, _NAME, "name")
        permission = self._text(element, _PERMISSION, "permission")
        if element.name == "provider" and not permission:
            permission = self._text(element, _READ_PERMISSION, "readPermission")
        return Component(
            kind=element.name,
            name=package + name if name.startswith(".") else name,
            # A value that cannot be resolved is taken as exported: never the harmless reading.
            exported=exported is not False and enabled is not False,
            permission=permission or default_permission,
            actions=tuple(parts["action"]),
            categories=tuple(parts["category"]),
            schemes=tuple(dict.fromkeys(parts["data"])),
        )
