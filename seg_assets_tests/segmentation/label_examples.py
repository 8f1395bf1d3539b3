"""Labels for tests. Belongs here: making them short. Does not: what is asked of them (the tests)."""

from __future__ import annotations

from seg_assets.catalogs import Label


def label(name: str, priority: int, when: str, action: str | None = "") -> Label:
    """A label whose action names it, unless another is given."""
    action = f"do {name}" if action == "" else action
    return Label(
        name=name, title=name, description=name, owner="team:shop", priority=priority, when=when, action=action
    )
