"""The ways to choose accounts that are judged side by side: one module a family, each learned on training months."""
