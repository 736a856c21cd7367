#!/bin/sh
# Makes an archive of Debian's Python 3, for hosts that have none: what other programs than runbook need there.
set -eu
cd "$1"
apt-get download -q python3-minimal python3.11-minimal libpython3.11-minimal libpython3.11-stdlib libpython3-stdlib python3.11 python3 libexpat1 media-types >/dev/null 2>&1
mkdir -p root
for package in *.deb; do dpkg -x "$package" root; done
tar -C root -cf python.tar .
