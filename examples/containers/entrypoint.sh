#!/bin/sh
# What every container does first: settings and secrets from /etc/segments become variables of this process alone. So
# `docker inspect`, the event log and the run's configuration hold no secret.
set -eu
etc="${SEG_ETC:-/etc/segments}"
set -a
. "$etc/settings.env"
set +a
for file in "$etc"/secrets/*; do
  [ -f "$file" ] || continue
  name="$(basename "$file")"
  export "$name=$(cat "$file")"
done
exec "$@"
