"""Measuring an effect: how many accounts that needs, who gets which arm, what spoils it, and what it was."""
