"""Dagster as examples/containers deploys it, without Docker: its very files, processes and commands, on this machine.

PostgreSQL is Debian's (postgres.py), the Docker engine one of the tests that runs a container's command as a process
(engine.py), services are started by the commands of compose.yaml (services.py).
"""
