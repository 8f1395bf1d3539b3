"""What differs between a laptop and a workspace, and only that: settings, tables, compute, tracking."""
