"""Names that a person gives to segments, in a file of their own.

Belongs here: reading `segment_names.yaml` of a home, with errors that name file, line and remedy.
Does not: names that are derived, and which name wins (seg_assets/segmentation/names.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

FILE_NAME = "segment_names.yaml"
LONGEST = 60
SEGMENT_ID = re.compile(r"SEG-\d{2,}")
EXAMPLE = "SEG-03: Growing customers"


class SegmentNamesError(ValueError):
    """A file of names that cannot be used; each line of the message is `file:line: what is wrong`."""


@dataclass(frozen=True)
class SegmentNames:
    """The file `path`: a mapping of segment_id to name, a line each. It need not exist."""

    path: str

    def read(self) -> dict[str, str]:
        """The names by segment_id; empty where there is no file. Ids that have ended do no harm.

        Raises SegmentNamesError for a file that cannot be read or is no mapping, an id that is not SEG-nn, an id or a
        name given twice, and a name that is empty, longer than 60 characters or of several lines.
        """
        try:
            text = Path(self.path).read_text(encoding="utf-8")
        except FileNotFoundError:
            return {}
        except (OSError, UnicodeDecodeError) as error:
            why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
            raise SegmentNamesError(f"{self.path}: cannot be read: {why}; correct it, or remove the file") from error
        try:
            root = yaml.compose(text, Loader=yaml.SafeLoader)
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            line = mark.line + 1 if mark else 1
            problem = getattr(error, "problem", None) or str(error).splitlines()[0]
            told = f"not YAML: {problem}; write a line a segment, such as `{EXAMPLE}`, and quote names with a colon"
            raise SegmentNamesError(f"{self.path}:{line}: {told}") from error
        if root is None:
            return {}
        if not isinstance(root, yaml.MappingNode):
            line = root.start_mark.line + 1
            raise SegmentNamesError(f"{self.path}:{line}: not a mapping; write a line a segment, such as `{EXAMPLE}`")
        entries = [
            _Entry(_text(key) or "", _text(value), key.start_mark.line + 1, value.start_mark.line + 1)
            for key, value in root.value
        ]
        if problems := sorted({*_wrong_ids(entries), *_wrong_names(entries)}):
            raise SegmentNamesError("\n".join(f"{self.path}:{line}: {told}" for line, told in problems))
        return {entry.segment_id: entry.name for entry in entries if entry.name}


@dataclass(frozen=True)
class _Entry:
    """One line; None for a name that is no text (a list, a mapping). Numbers are taken as they are written."""

    segment_id: str
    name: str | None
    line: int
    name_line: int


def _text(node: yaml.Node) -> str | None:
    if not isinstance(node, yaml.ScalarNode):
        return None
    nothing = node.tag == "tag:yaml.org,2002:null"
    return "" if nothing else node.value.strip()


def _wrong_ids(entries: list[_Entry]) -> Iterator[tuple[int, str]]:
    first: dict[str, int] = {}
    for entry in entries:
        if not SEGMENT_ID.fullmatch(entry.segment_id):
            yield entry.line, f"{entry.segment_id!r} is no segment_id; write one such as SEG-03"
        elif entry.segment_id in first:
            yield entry.line, f"{entry.segment_id} is named in line {first[entry.segment_id]} too; keep one of the two"
        else:
            first[entry.segment_id] = entry.line


def _wrong_names(entries: list[_Entry]) -> Iterator[tuple[int, str]]:
    first: dict[str, _Entry] = {}
    for entry in entries:
        if entry.name is None:
            yield entry.name_line, f"{entry.segment_id}: the name is no text; write it on the line of its segment_id"
        elif not entry.name:
            yield entry.name_line, f"{entry.segment_id}: the name is empty; write one, or take the line out"
        elif not entry.name.isprintable():
            yield entry.name_line, f"{entry.segment_id}: the name has a line break or a control character; take it out"
        elif len(entry.name) > LONGEST:
            told = f"the name has {len(entry.name)} characters; shorten it to {LONGEST} at most"
            yield entry.name_line, f"{entry.segment_id}: {told}"
        else:
            same = first.setdefault(" ".join(entry.name.split()).casefold(), entry)
            if same is not entry and same.segment_id != entry.segment_id:
                told = f"{entry.name!r} is the name of {same.segment_id} in line {same.line} already"
                yield entry.name_line, f"{entry.segment_id}: {told}; each segment needs a name of its own"
