"""Account segmentation as a Dagster project: landing tables in, named weekly segments out."""

import warnings

# Backfill policies are beta in Dagster, parts of Pipes a preview; saying so at every import and run helps nobody here.
# By their words, since commands that only read tables do without Dagster's seconds.
warnings.filterwarnings("ignore", message=".* is currently in (beta|preview)")
