"""The few figures of a page, each in one sentence.

Belongs here: words. Does not: numbers.
"""

from __future__ import annotations

from seg_assets.reports.words import Fact

TERMS = (
    Fact(
        "AUC",
        "The chance that an account that converts is ranked above one that does not: 0.5 is a coin, 1 is perfect.",
    ),
    Fact("Lift, best 20 %", "How many times the average rate the best-ranked fifth of accounts converts at."),
    Fact("Reached, best 20 %", "Of all accounts that convert, the share that is in the best-ranked fifth."),
    Fact(
        "Extra qualified per 1,000 contacts",
        "Among the accounts that the team can contact, best-ranked first, how many more of each thousand converted "
        "than by the rule it is compared with.",
    ),
    Fact(
        "95 % interval",
        "A range made so that 95 of 100 such ranges hold the truth; a difference whose interval holds 0 may be luck.",
    ),
    Fact("Paired", "Both ways rank the same accounts in every resampling, so that only their difference varies."),
    Fact("Gini", "Twice the AUC less one: 0 is a coin, 1 is perfect."),
    Fact("Brier score", "The mean squared error of the rates as forecasts: lower is better."),
    Fact(
        "Information value, mutual information",
        "How much classes tell about conversion, less what classes by chance seem to tell.",
    ),
    Fact(
        "Share of attainable lift",
        "How far the AUC gets from a coin towards the best model on all features, which nobody can read.",
    ),
    Fact(
        "Rank correlation",
        "Whether classes come in the same order in an earlier month as in this one: 1 is the same order, 0 is none.",
    ),
    Fact("Shrunken rate", "A class's rate, drawn to the average: a small class must show more to be ranked high."),
    Fact("Ceiling", "Boosting or logistic regression on all features, the better of both: what could be had at most."),
    Fact("Champion", "The version of the segments in use in that month."),
    Fact("Too few", "Fewer than 10 accounts or 5 conversions: such a figure is luck, and may point at somebody."),
)
