"""The graph's stages, one module each.

Belongs here: thin assets that read, call, write and describe. Each module has one `build_...` function that takes the
catalogue and its partitions, so that tests and other catalogues need no patching.
Does not: the science (segmentation/), the heavy programs (steps/), what a landing table must hold (landing/).
"""
