"""Writes a new dossier: a folder with a guided template. Reading one is `read.dossier`."""

import textwrap
from pathlib import Path

from keepsight.lab.read.dossier import FILE_NAME
from keepsight.lab.read.questions import Question, questions

_HEAD = """\
# The dossier of one product. Fill in what you know and have; leave the rest empty.
# What is left empty stays unknown in the report. It is never taken for clean.
# Put the files beside this one and run: keepsight check {folder}

[product]
name = ""
vendor = ""
model = ""            # the exact model, as on the label
price = ""
# What the product does; permissions and data are compared with it.
functions = []        # e.g. ["live view", "talk", "recording", "person detection", "pan and tilt"]
# What the vendor claims, in its words; also e.g. "Android 4.4" for the oldest supported version.
claims = []
report_date = ""      # e.g. 2026-11-21; empty: today

# One block a file. Files must lie in this folder.
# [[artefact]]
# path = "app.apk"                 # .apk, .xapk, .apks
#
# [[artefact]]
# path = "setup.pcapng"            # .pcap, .pcapng, .har
# actions = ["set-up", "live view", "playback"]   # what you did meanwhile
# phase = "use"                    # idle: nobody viewing, no event; setup; use
# decrypted = false                # true when the content was decrypted before saving
# ssecurity = ""                   # only for five-field messages that leave it out
#
# [[artefact]]
# path = "privacy-policy.html"     # .html, .pdf, .md, .txt: save all that apply

# Values of your test account (e-mail address, Wi-Fi name, camera name): finding one in a decrypted
# request proves where it went. They are not printed in reports.
[account]
markers = []

# One block a seal claimed for the product.
# [[seal]]
# name = "IT-SiK"
# label_id = ""
# model = ""                       # the model on the issuer's page
# valid_until = ""                 # as on the issuer's page
# page_saved_on = ""               # the day you saved the page
# provisions = []                  # declared provisions, if the declaration is public

# The observations. Each is a question with its choices, why it is asked, and how to find out.
# An answer may carry a note and a date: key = {{ answer = "...", note = "...", date = 2026-11-21 }}
[observations]
"""


def write_template(folder: Path) -> Path:
    """Write a guided dossier.toml into a folder, which is made where it does not exist.

    Raises:
        FileExistsError: there is one already; it is left as it is.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / FILE_NAME
    group = ""
    parts = [_HEAD.format(folder=folder.name)]
    for question in questions():
        if question.group != group:
            group = question.group
            parts.append(f"\n# ---- {group} ----\n")
        parts.append(_block(question))
    with path.open("x", encoding="utf-8") as file:
        file.write("\n".join(parts))
    return path


def _block(question: Question) -> str:
    lines = [f"# {line}" for line in textwrap.wrap(question.ask, 96)]
    lines += [f"#   Why: {question.why}"]
    lines += [f"#   How: {line}" for line in textwrap.wrap(question.how, 90)[:1]]
    lines += [f"#        {line}" for line in textwrap.wrap(question.how, 90)[1:]]
    lines += [f"#     {key:<22} {meaning}" for key, meaning in question.choices.items()]
    empty = "[]" if question.kind == "several" else '""'
    return "\n".join([*lines, f"{question.key} = {empty}", ""])
