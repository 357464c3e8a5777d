"""Builds and runs the lab: paths in, reports out. Read this file first.

paths -> products (a dossier, the files given together, or each file of a folder)
-> artefacts read in child processes -> facts
-> checks (pure) -> findings -> suppressions, baseline -> verdict -> report
"""

import datetime as dt
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from pathlib import Path

from keepsight.core.clock import Clock
from keepsight.lab.baseline import compare
from keepsight.lab.check import Check
from keepsight.lab.checks.registry import CHECKS, CROSS_CHECKS
from keepsight.lab.crosscheck import CrossCheck
from keepsight.lab.facts.observation import Observations
from keepsight.lab.facts.product import Product, ProductFacts, Unread
from keepsight.lab.facts.seal import SealClaim
from keepsight.lab.finding import Finding, Outcome, Severity
from keepsight.lab.isolation import Limits, read_each
from keepsight.lab.measures import measures_of
from keepsight.lab.read.dossier import FILE_NAME, Dossier, read_dossier
from keepsight.lab.read.identify import identify
from keepsight.lab.read.limits import UnreadableArtefact
from keepsight.lab.reading import ReadResult, ReadTask
from keepsight.lab.recipients import recipients_of
from keepsight.lab.report import Report, Suppressed
from keepsight.lab.splits import Key, is_split, key_of, united
from keepsight.lab.suppression import Suppression
from keepsight.lab.verdict import rate

log = logging.getLogger(__name__)

FOLDER_FILES_MAX = 10_000


@dataclass(frozen=True, slots=True)
class Subject:
    """What one report is about, before anything was read."""

    tasks: tuple[ReadTask, ...]
    product: Product = field(default_factory=Product)
    report_date: str = ""
    observations: Observations | None = None
    seals: tuple[SealClaim, ...] = ()
    unread: tuple[Unread, ...] = ()


@dataclass(frozen=True, slots=True)
class Options:
    """How to look."""

    jobs: int = 2
    limits: Limits = field(default_factory=Limits)
    suppressions: tuple[Suppression, ...] = ()
    baseline: dict[str, object] | None = None


def subjects_of(paths: Iterable[Path]) -> tuple[Subject, ...]:
    """What the paths mean.

    Files given together are one product; a dossier is one; a folder without dossier is a
    collection, one product a file.
    """
    together: list[ReadTask] = []
    missing: list[Unread] = []
    subjects: list[Subject] = []
    for path in paths:
        if path.is_dir() and (path / FILE_NAME).exists():
            subjects.append(_dossier_subject(path))
        elif path.is_dir():
            subjects += _folder_subjects(path)
        elif path.is_file():
            together.append(ReadTask(path))
        else:
            missing.append(Unread(str(path), "", "there is no such file"))
    if together or missing:
        subjects.insert(0, Subject(tuple(together), unread=tuple(missing)))
    return tuple(subjects)


def _dossier_subject(folder: Path) -> Subject:
    try:
        dossier: Dossier = read_dossier(folder)
    except UnreadableArtefact as error:
        return Subject((), unread=(Unread(FILE_NAME, "", str(error)),))
    tasks = tuple(ReadTask(row.path, row.kind, row.context) for row in dossier.artefacts)
    return Subject(
        tasks,
        dossier.product,
        dossier.report_date,
        dossier.observations,
        dossier.seals,
        dossier.unread,
    )


def _folder_subjects(folder: Path) -> list[Subject]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    subjects: list[Subject] = []
    for path in files[:FOLDER_FILES_MAX]:
        try:
            kind = identify(path)
        except OSError as error:
            reason = error.strerror or "cannot be opened"
            subjects.append(Subject((), unread=(Unread(path.name, "", reason),)))
            continue
        if kind is not None:
            subjects.append(Subject((ReadTask(path, kind),)))
    if not subjects:
        subjects.append(Subject((), unread=(Unread(folder.name, "", "nothing in it to examine"),)))
    return subjects


def _with_splits(
    subjects: tuple[Subject, ...], keys: dict[int, tuple[Key, bool]]
) -> dict[int, Subject | None]:
    """By number, subjects to read anew with their splits; None: a split that went elsewhere."""
    found: dict[int, Subject | None] = {}
    bases = {key: number for number, (key, split) in reversed(keys.items()) if not split}
    groups: dict[Key, list[int]] = {}
    for number, (key, split) in sorted(keys.items()):
        if split:
            groups.setdefault(key, []).append(number)
    for key, numbers in groups.items():
        members = [bases[key], *numbers] if key in bases else numbers
        if len(members) > 1:
            found |= dict.fromkeys(members)
            found[members[0]] = Subject(tuple(subjects[n].tasks[0] for n in members))
    return found


class Lab:
    """Examines subjects. Checks and clock are given, so that tests replace them."""

    def __init__(
        self,
        clock: Clock,
        options: Options,
        *,
        checks: tuple[Check, ...] = CHECKS,
        cross_checks: tuple[CrossCheck, ...] = CROSS_CHECKS,
    ) -> None:
        self._clock = clock
        self._options = options
        self._checks = checks
        self._cross_checks = cross_checks
        self._area_of = {check.check_id: check.area for check in checks}
        self._area_of |= {check.check_id: check.area for check in cross_checks}

    def examine(
        self,
        subjects: tuple[Subject, ...],
        on_read: Callable[[ReadTask], None] = lambda _: None,
    ) -> list[Report]:
        """Read everything; judge each subject by itself as soon as all of it is read.

        Splits that lie in a folder beside their base become one subject with it, and are read once
        more for that.
        """
        keys: dict[int, tuple[Key, bool]] = {}
        reports = self._read_and_judge(subjects, on_read, keys)
        anew = _with_splits(subjects, keys)
        whole = {number: subject for number, subject in anew.items() if subject is not None}
        joined = self._read_and_judge(tuple(whole.values()), lambda _: None, {})
        for number in anew:
            reports[number] = None
        for number, report in zip(whole, joined, strict=True):
            reports[number] = report
        return [report for report in reports if report is not None]

    def _read_and_judge(
        self,
        subjects: tuple[Subject, ...],
        on_read: Callable[[ReadTask], None],
        keys: dict[int, tuple[Key, bool]],
    ) -> list[Report | None]:
        """One report a subject; `keys` gets package, version and whether it is a split."""
        tasks = [task for subject in subjects for task in subject.tasks]
        subject_of = [number for number, subject in enumerate(subjects) for _ in subject.tasks]
        first = {number: at for at, number in reversed(list(enumerate(subject_of)))}
        found: list[dict[int, ReadResult]] = [{} for _ in subjects]
        reports: list[Report | None] = [None] * len(subjects)
        options = self._options
        for at, result in read_each(tasks, jobs=options.jobs, limits=options.limits):
            on_read(tasks[at])
            number = subject_of[at]
            found[number][at - first[number]] = result
            if len(found[number]) < len(subjects[number].tasks):
                continue
            if result.app is not None and len(found[number]) == 1:
                key = key_of(result.app)
                if key is not None:
                    keys[number] = (key, is_split(result.app))
            in_order = [row for _, row in sorted(found[number].items())]
            reports[number] = self._report(subjects[number], in_order)
            found[number] = {}
        return [
            self._report(subject, []) if report is None else report
            for subject, report in zip(subjects, reports, strict=True)
        ]

    def _today(self) -> str:
        now = dt.datetime.fromtimestamp(self._clock.wall_us() / 1_000_000, dt.UTC)
        return now.date().isoformat()

    def _report(self, subject: Subject, results: list[ReadResult]) -> Report:
        facts = self._facts(subject, results)
        findings = self.judge(facts)
        kept, suppressed = self._suppress(findings, facts.report_date)
        verdict = rate(kept, self._area_of)
        baseline = self._options.baseline
        return Report(
            product=facts.product,
            date=facts.report_date,
            tool=f"keepsight {version('keepsight')}",
            artefacts=tuple(result.artefact for result in results if result.artefact is not None),
            findings=kept,
            verdict=verdict,
            area_of=self._area_of,
            measures=measures_of(facts),
            unread=facts.unread,
            suppressed=suppressed,
            recipients=recipients_of(facts),
            changes=None if baseline is None else compare(baseline, kept, verdict.version),
        )

    def _facts(self, subject: Subject, results: list[ReadResult]) -> ProductFacts:
        unread = [*subject.unread, *(part for result in results for part in result.unread)]
        return ProductFacts(
            product=subject.product,
            report_date=subject.report_date or self._today(),
            apps=united(result.app for result in results if result.app is not None),
            captures=tuple(result.capture for result in results if result.capture is not None),
            policies=tuple(result.policy for result in results if result.policy is not None),
            observations=subject.observations,
            seals=subject.seals,
            unread=tuple(unread),
        )

    def judge(self, facts: ProductFacts) -> tuple[Finding, ...]:
        """Every check's findings. A check that fails becomes an error, never a clean outcome."""
        findings: list[Finding] = []
        for check in self._checks:
            try:
                findings += check.judge(facts)
            except Exception as error:
                log.exception("the check %s failed", check.check_id)
                findings.append(_failed(check.check_id, check.standards, error))
        seen = tuple(findings)
        for cross in self._cross_checks:
            try:
                findings += cross.judge(facts, seen)
            except Exception as error:
                log.exception("the check %s failed", cross.check_id)
                findings.append(_failed(cross.check_id, cross.standards, error))
        return tuple(findings)

    def _suppress(
        self, findings: tuple[Finding, ...], date: str
    ) -> tuple[tuple[Finding, ...], tuple[Suppressed, ...]]:
        kept: list[Finding] = []
        hidden: list[Suppressed] = []
        for finding in findings:
            rules = self._options.suppressions
            rule = next((rule for rule in rules if rule.matches(finding, date)), None)
            if rule is None or finding.outcome is not Outcome.VIOLATED:
                kept.append(finding)
                continue
            hidden.append(Suppressed(finding, rule))
            # Somebody decided; the tool does not know it to be clean, so coverage goes down.
            reason = f"suppressed until {rule.expires}: {rule.reason}"
            kept.append(
                replace(finding, outcome=Outcome.UNKNOWN, severity=Severity.NOTE, reason=reason)
            )
        return tuple(kept), tuple(hidden)


def _failed(check_id: str, standards: tuple[str, ...], error: Exception) -> Finding:
    return Finding(
        check=check_id,
        outcome=Outcome.ERROR,
        severity=Severity.NOTE,
        title="The check itself failed",
        standards=standards,
        reason=f"{type(error).__name__}: {error}"[:300],
    )
