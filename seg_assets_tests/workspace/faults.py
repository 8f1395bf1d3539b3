"""What the workspace does wrong, and for how long.

Belongs here: faults of calls, of the network, of tokens, of clusters and tasks, each set by a test.
Does not: what goes right.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from databricks.sdk.clock import Clock
from databricks.sdk.service.compute import TerminationReason, TerminationReasonCode, TerminationReasonType

from seg_assets_tests.workspace.calls import Answer, Call

EVICTED = TerminationReason(
    TerminationReasonCode.SPOT_INSTANCE_TERMINATION,
    {"instance_id": "i-0badc0ffee", "aws_error_message": "Server.SpotInstanceTermination"},
    TerminationReasonType.CLOUD_FAILURE,
)


@dataclass
class _Fault:
    path: str
    answer: Answer
    times: int
    after: bool
    verb: str | None = None


@dataclass
class Faults:
    """Set by a test, used up by calls and runs, in the order in which they were set."""

    clock: Clock
    _calls: list[_Fault] = field(default_factory=list)
    _cut_until: float = 0.0
    _clusters: list[tuple[TerminationReason, bool]] = field(default_factory=list)
    _tasks: list[str] = field(default_factory=list)

    def answer(
        self,
        path: str,
        status: int,
        *,
        verb: str | None = None,
        times: int = 1,
        headers: dict[str, str] | None = None,
        body: Any = None,
    ) -> None:
        """Answer the next `times` calls whose path holds `path` with `status`, instead of doing what they ask.

        verb: of those calls, None for any.
        """
        told = {"error_code": "INTERNAL_ERROR", "message": "planted"} if body is None else body
        self._calls.append(_Fault(path, Answer(told, status, headers or {}), times, after=False, verb=verb))

    def lose_answer(self, path: str, status: int = 503) -> None:
        """Do what the next call of `path` asks, and answer `status` all the same."""
        told = {"error_code": "TEMPORARILY_UNAVAILABLE", "message": "planted"}
        self._calls.append(_Fault(path, Answer(told, status), 1, after=True))

    def cut_network(self, seconds: float) -> None:
        """Close every connection without an answer, for `seconds` of the clock."""
        self._cut_until = self.clock.time() + seconds

    def evict(self, runs: int = 1) -> None:
        """Take the machines of the next `runs` runs on spot nodes away, once their task runs."""
        self._clusters += [(EVICTED, True)] * runs

    def refuse_cluster(self, reason: TerminationReason) -> None:
        """Let the next job cluster not start."""
        self._clusters.append((reason, False))

    def replace_task(self, program: str) -> None:
        """Let the next task run this Python text instead of its entry point."""
        self._tasks.append(program)

    def network_is_cut(self) -> bool:
        return self.clock.time() < self._cut_until

    def of_call(self, call: Call, *, after: bool) -> Answer | None:
        """The fault that `call` meets, used up once."""
        for fault in self._calls:
            met = fault.path in call.path and fault.verb in (None, call.verb)
            if fault.times and fault.after == after and met:
                fault.times -= 1
                return fault.answer
        return None

    def of_cluster(self, *, spot: bool) -> tuple[TerminationReason, bool] | None:
        """Why the next cluster ends, and whether its task has begun by then."""
        if self._clusters and (spot or not self._clusters[0][1]):
            return self._clusters.pop(0)
        return None

    def of_task(self) -> str | None:
        """What the next task runs in place of its program."""
        return self._tasks.pop(0) if self._tasks else None
