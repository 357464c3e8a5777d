"""The page of a check: its module's docstring, with title and standards."""

import inspect
import sys

from keepsight.lab.check import Check
from keepsight.lab.crosscheck import CrossCheck
from keepsight.lab.verdict import rating

_PARTS = ("What it looks at:", "Why it matters:", "What it cannot see:", "References:")


def explanation(check: Check | CrossCheck) -> str:
    """Markdown for people."""
    text = inspect.cleandoc(_docstring(check))
    for part in _PARTS:
        text = text.replace(part, f"**{part}**")
    first, _, rest = text.partition("\n")
    weight = rating()["weights"].get(check.area, 0)
    return (
        f"# {check.check_id}\n\n*Allows {check.title}.*\n\n{first}\n{rest}\n\n"
        f"**Standards:** {', '.join(check.standards) or 'none'} (a question mark: not verified)\n\n"
        f"**Counts in:** {check.area}, weight {weight}"
    )


def _docstring(check: Check | CrossCheck) -> str:
    """Of the module whose CHECK it is; judges made by a factory live elsewhere."""
    for name, module in sys.modules.items():
        if name.startswith("keepsight.lab.checks.") and getattr(module, "CHECK", None) is check:
            return module.__doc__ or ""
    return ""
