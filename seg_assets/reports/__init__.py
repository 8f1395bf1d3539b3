"""Pages that people open: self-contained HTML from frames, without an account on them."""
