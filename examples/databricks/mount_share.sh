#!/usr/bin/env bash
# Mounts the network file system of SEG_SHARE at /mnt/segments, when a cluster starts: the folder of the tables.
# An init script of the policy in databricks.yml; it lies at /Volumes/<catalog>/<schema>/files/mount_share.sh.
set -euo pipefail
: "${SEG_SHARE:?the policy sets it, such as fs-0123.efs.eu-west-1.amazonaws.com:/}"
if ! command -v mount.nfs4 >/dev/null; then
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends nfs-common
fi
mkdir -p /mnt/segments
mount -t nfs4 -o nfsvers=4.1,hard,timeo=600,retrans=2 "$SEG_SHARE" /mnt/segments
