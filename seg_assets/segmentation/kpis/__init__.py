"""KPIs of segments: figures of periods, what chance and ordinary variation let them be, and what is neither.

Belongs here: accounts and definitions in, frames out. Does not: which KPIs there are (catalogs/), tables (assets/).
"""
