"""Account segmentation as a Dagster project: landing tables in, named weekly segments out."""
