#!/bin/sh
# What every container does first: settings and secrets from /etc/segments become variables of this process alone. So
# `docker inspect`, the event log and the run's configuration hold no secret.
set -eu
etc="${SEG_ETC:-/etc/segments}"
set -a
. "$etc/settings.env"
set +a
names="$(ls "$etc/secrets")"
for name in $names; do
  case "$name" in
  *[!A-Z0-9_]*) echo "entrypoint: $etc/secrets/$name is no variable's name and was left out" >&2; continue ;;
  esac
  value="$(cat "$etc/secrets/$name")"
  export "$name=$value"
done
exec "$@"
