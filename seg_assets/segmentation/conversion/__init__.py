"""Whether segments find more pipeline than what a team uses today: candidates, figures, verdict, controls."""
