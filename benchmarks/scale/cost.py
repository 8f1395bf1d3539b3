"""What a week would cost on clusters: from processor seconds that were measured, and prices that are assumed.

Belongs here: the model and its assumptions, each by name. Does not: measuring (__main__.py).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Cluster:
    """A cluster that might score. dbu_an_hour: of a node, assumed: a list price of the kind, not an offer."""

    name: str
    nodes: int
    cores: int
    dbu_an_hour: float


@dataclass(frozen=True)
class Assumptions:
    """What no run here can show. efficiency: the share of the cores' time that is work, by number of nodes: joins and
    shuffles between machines take the rest; core: how fast a core is beside one of the machine that was measured;
    snapshots: that an ordinary week's monitoring summarises (its own, the week before, the training snapshot), where
    one was measured; start_seconds: until the first task runs, billed; price: USD a DBU of job compute.
    """

    efficiency_one_node: float = 0.8
    efficiency_many_nodes: float = 0.6
    core: float = 1.0
    snapshots: int = 3
    start_seconds: float = 240.0
    price: float = 0.15

    def efficiency(self, cluster: Cluster) -> float:
        """Of `cluster`."""
        return self.efficiency_one_node if cluster.nodes == 1 else self.efficiency_many_nodes


CLUSTERS = (
    Cluster("single node, 4 cores", nodes=1, cores=4, dbu_an_hour=0.69),
    Cluster("3 nodes of 8 cores", nodes=3, cores=8, dbu_an_hour=1.37),
    Cluster("9 nodes of 16 cores", nodes=9, cores=16, dbu_an_hour=2.74),
)
"""Of several nodes one is the driver, which computes nothing."""


@dataclass(frozen=True)
class Cost:
    """A week on a cluster. seconds: of work; dbu: start included; usd: of these, without machines and storage."""

    cluster: Cluster
    seconds: float
    dbu: float
    usd: float


def cost(cpu_seconds: float, cluster: Cluster, assumed: Assumptions) -> Cost:
    """Of work that took `cpu_seconds` on the cores that were measured."""
    working = cluster.cores * max(cluster.nodes - 1, 1)
    seconds = cpu_seconds / (working * assumed.core * assumed.efficiency(cluster))
    dbu = cluster.nodes * cluster.dbu_an_hour * (assumed.start_seconds + seconds) / 3600
    return Cost(cluster, seconds, dbu, dbu * assumed.price)
