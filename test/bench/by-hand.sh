#!/bin/sh
# What a careful person would write instead of playbooks/private-cluster.yml: the same programs, commands and gates in
# the same order, on fresh hosts, all hosts at once over plain ssh. One OpenSSH login per host (ControlMaster), all
# commands through it. Whatever has to be waited for is asked every 100 ms; nothing else sleeps.
#
#   by-hand.sh ARTIFACTS MONITOR_PING_INTERVAL KEY KNOWN_HOSTS ADDRESS...      (root's key)
set -eu
artifacts=$1 interval=$2 key=$3 known_hosts=$4
shift 4
hosts=$* count=$#
work=$(mktemp -d)

ssh_to() {
  ssh -F none -o BatchMode=yes -o LogLevel=ERROR -o ConnectTimeout=10 -i "$key" -o UserKnownHostsFile="$known_hosts" \
    -o ControlMaster=auto -o ControlPersist=60 -o ControlPath="$work/%h" -l root "$@"
}
tidy() {
  for host in $hosts; do ssh_to -O exit "$host" 2>/dev/null || :; done
  rm -rf "$work"
}
trap tidy EXIT
trap 'exit 1' HUP INT TERM

# everywhere FUNCTION: on all hosts at once; what it says of each is kept in $work/FUNCTION.HOST.
everywhere() {
  pids=
  for host in $hosts; do
    "$1" "$host" >"$work/$1.$host" &
    pids="$pids $!"
  done
  for pid in $pids; do wait "$pid" || { echo "$1 has failed" >&2; exit 1; }; done
}
others() { for other in $hosts; do [ "$other" = "$1" ] || echo "$other"; done; }
said() { sed -n "s/^$2 //p" "$work/$1"; }

# Words that every piece below begins with, on the host. Waiting for anything ends after a minute.
words='set -eu; export LC_ALL=C
as() { runuser -u ipfs -- env HOME=/var/lib/ipfs IPFS_PATH=/var/lib/ipfs "$@"; }
until_true() { n=0; until "$@"; do n=$((n + 1)); [ $n -lt 600 ] || { echo "never came true: $*" >&2; exit 1; }; sleep 0.1; done; }
api="--api /ip4/127.0.0.1/tcp/5001"
'

# Archives with their checksums, checked where they arrive; the user and the folders.
files=$(cd "$artifacts" && ls -1 kubo_*_linux-amd64.tar.gz* ipfs-cluster-service_*_linux-amd64.tar.gz* ipfs-cluster-ctl_*_linux-amd64.tar.gz*)
install_all() {
  # shellcheck disable=SC2086
  tar -C "$artifacts" -cf - $files | ssh_to "$1" "$words"'
    mkdir -p /root/archives && cd /root/archives && tar -xf -
    for sum in *.sha512; do sha512sum --quiet -c "$sum"; done
    for archive in *.tar.gz; do tar -xzf "$archive"; done
    install -m 755 kubo/ipfs ipfs-cluster-service/ipfs-cluster-service ipfs-cluster-ctl/ipfs-cluster-ctl /usr/local/bin
    rm -rf /root/archives
    ipfs version --number >/dev/null && ipfs-cluster-service --version >/dev/null && ipfs-cluster-ctl --version >/dev/null
    useradd -r -d /var/lib/ipfs -s /usr/sbin/nologin ipfs
    install -d -o ipfs -g ipfs -m 700 /var/lib/ipfs /var/lib/ipfs-cluster'
}

# kubo: repo, settings, swarm key.
swarm_key=$(od -vAn -N32 -tx1 /dev/urandom | tr -d ' \n')
prepare_kubo() {
  ssh_to "$1" sh -s <<END
$words
as ipfs init --profile=autoconf-off >/dev/null
echo "kubo \$(as ipfs config Identity.PeerID)"
set_json() { as ipfs config --json "\$1" "\$2"; }
set_json Routing.Type '"dht"'
set_json AutoTLS.Enabled false
set_json Addresses.Swarm '["/ip4/0.0.0.0/tcp/4001","/ip6/::/tcp/4001"]'
set_json Swarm.Transports.Network.Websocket false
set_json Discovery.MDNS.Enabled false
set_json Swarm.RelayClient.Enabled false
set_json Swarm.DisableNatPortMap true
set_json Bootstrap '[]'
(umask 077; printf '/key/swarm/psk/1.0.0/\n/base16/\n%s\n' $swarm_key >/var/lib/ipfs/swarm.key)
chown ipfs: /var/lib/ipfs/swarm.key
END
}

# Its unit, the others' addresses, its start.
unit() {
  cat <<END
[Unit]
Description=$1
After=network-online.target
Wants=network-online.target
[Service]
Type=notify
User=ipfs
ExecStart=$2
Environment=IPFS_PATH=/var/lib/ipfs HOME=/var/lib/$1 LIBP2P_FORCE_PNET=1 IPFS_TELEMETRY=off
Restart=on-failure
RestartSec=3
TimeoutStartSec=infinity
NoNewPrivileges=true
ProtectSystem=full
LimitNOFILE=1048576
[Install]
WantedBy=multi-user.target
END
}
start_kubo() {
  peering=$(for other in $(others "$1"); do
    echo "{\"ID\":\"$(said "prepare_kubo.$other" kubo)\",\"Addrs\":[\"/ip4/$other/tcp/4001\"]}"
  done | paste -sd,)
  ssh_to "$1" sh -s <<END
$words
cat >/etc/systemd/system/ipfs.service <<'UNIT'
$(unit ipfs '/usr/local/bin/ipfs daemon --migrate')
UNIT
as ipfs config --json Peering.Peers '[$peering]'
systemctl daemon-reload
systemctl enable --quiet ipfs
systemctl start --no-block ipfs
until_true systemctl is-active --quiet ipfs
END
}

# All are ready: connecting at once spares the 5 to 10 s until Peering dials by itself. Then a fresh block of each.
connect() {
  ssh_to "$1" sh -s <<END
$words
for address in $(for other in $(others "$1"); do echo "/ip4/$other/tcp/4001/p2p/$(said "prepare_kubo.$other" kubo)"; done | paste -sd' '); do
  as ipfs \$api swarm connect "\$address" >/dev/null
done
connected() { [ "\$(as ipfs \$api swarm peers | sed 's|.*/p2p/||' | sort -u | wc -l)" -eq $((count - 1)) ]; }
until_true connected
echo "block \$(head -c 64 /dev/urandom | as ipfs \$api add -Q --pin=false)"
END
}
exchange() {
  ssh_to "$1" sh -s <<END
$words
for block in $(for other in $(others "$1"); do said "connect.$other" block; done | paste -sd' '); do
  [ "\$(as ipfs \$api --timeout=15s cat "\$block" | wc -c)" -eq 64 ]
done
END
}

# ipfs-cluster: configuration, unit, the others' addresses, its start.
secret=$(od -vAn -N32 -tx1 /dev/urandom | tr -d ' \n')
prepare_cluster() {
  ssh_to "$1" sh -s <<END
$words
CLUSTER_SECRET=$secret as ipfs-cluster-service --config /var/lib/ipfs-cluster init --consensus crdt 2>/dev/null
cd /var/lib/ipfs-cluster
sed -i 's/\("monitor_ping_interval": *\)"[^"]*"/\1"$interval"/; s/\("flood_publish": *\)false/\1true/' service.json
chown ipfs: service.json
echo "cluster \$(sed -n 's/^ *"id": *"\([^"]*\)".*/\1/p' identity.json)"
END
}
start_cluster() {
  peerstore=$(for other in $(others "$1"); do echo "/ip4/$other/tcp/9096/p2p/$(said "prepare_cluster.$other" cluster)"; done)
  ssh_to "$1" sh -s <<END
$words
cat >/etc/systemd/system/ipfs-cluster.service <<'UNIT'
$(unit ipfs-cluster '/usr/local/bin/ipfs-cluster-service --config /var/lib/ipfs-cluster daemon')
UNIT
printf '%s\n' '$peerstore' >/var/lib/ipfs-cluster/peerstore
chown ipfs: /var/lib/ipfs-cluster/peerstore
systemctl daemon-reload
systemctl enable --quiet ipfs-cluster
systemctl start --no-block ipfs-cluster
until_true systemctl is-active --quiet ipfs-cluster
END
}
all_listed() {
  ssh_to "$1" "$words"'
    listed() { [ "$(timeout 4 ipfs-cluster-ctl --timeout 3 --enc=json peers ls 2>/dev/null | grep -c "^    \"error\": \"\"")" -eq '"$count"' ]; }
    until_true listed'
}

for phase in install_all prepare_kubo start_kubo connect exchange prepare_cluster start_cluster all_listed; do
  everywhere $phase
done
