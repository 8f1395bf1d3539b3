"""A catalogue as text, as small as one can be that has every part, to break one line at a time."""

from __future__ import annotations

TEXT = """\
name: mine
title: Mine
objective: {goal: more, outcome: an order, owner: "team:shop", rationale: because}
outcome_column: ordered
order_column: position
value_feature: spend
open_opportunity: stage = 'open'
name_features: [stage]
sources:
  - {name: crm, owner: ada@example.com, description: What sales knows}
groups:
  - {name: firm, title: Firm}
  - name: use
    title: Use
    applicable_when: {column: stage, values: [open]}
features:
  - {name: spend, group: firm, source: crm, kind: numeric, description: Spend}
  - {name: stage, group: firm, source: crm, kind: categorical, levels: [open, lost], description: Stage}
  - {name: member, group: use, source: crm, kind: boolean, description: Member}
  - {name: visits, group: use, source: crm, kind: numeric, description: Visits}
indices:
  - {name: activity, title: activity, words: {low: quiet, high: busy}, features: [visits]}
rules:
  - {name: no_debt, must: spend >= 0, description: No debt}
  - {name: some_visit, must: visits >= 0, description: No negative visits}
playbook:
  - {name: call, title: Call, action: Call them, when: activity > 50 AND stage_open > 0.5}
  - {name: write, title: Write, action: Write to them}
"""
