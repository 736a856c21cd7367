#!/bin/sh
# check.sh [BINDIR]: starts three kubos and three cluster peers of the stand-in
# on addresses of 127/8 and checks what the playbook relies on. Under 30 s.
set -u
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
work=$(mktemp -d)
pids=
end() {
	for p in $pids; do kill -9 "$p" 2>/dev/null; done
	wait 2>/dev/null
	rm -rf "$work"
}
[ -z "${KEEP:-}" ] || end() { for p in $pids; do kill -9 "$p" 2>/dev/null; done; echo "$work"; }
trap end EXIT
trap 'exit 1' INT TERM
if [ $# -ge 1 ]; then bin=$(CDPATH='' cd -- "$1" && pwd); else
	sh "$here/build.sh" "$work/out" || exit 1
	bin=$work/out/bin
fi
PATH=$bin:$PATH
unset IPFS_PATH IPFS_CLUSTER_PATH CLUSTER_SECRET LIBP2P_FORCE_PNET NOTIFY_SOCKET
export STANDIN_TICK=400ms STANDIN_INIT_DELAY=10ms
net=127.$((64 + $$ % 60)).$(($(date +%N | sed 's/^0*//') % 250))
failed=0

ok() { # ok NAME COMMAND...
	name=$1
	shift
	if "$@" >"$work/last" 2>&1; then echo "ok   $name"; else
		echo "FAIL $name"
		sed 's/^/     | /' "$work/last"
		failed=1
	fi
}
says() { # says RC TEXT COMMAND...: exit code and a piece of the output
	want=$1 text=$2
	shift 2
	"$@" >"$work/says" 2>&1
	rc=$?
	cat "$work/says"
	echo "rc=$rc, wanted $want and: $text"
	[ "$rc" -eq "$want" ] && grep -qF -- "$text" "$work/says"
}
within() { # within SECONDS COMMAND...
	left=$(($1 * 10))
	shift
	while [ "$left" -gt 0 ]; do
		"$@" && return 0
		left=$((left - 1))
		sleep 0.1
	done
	return 1
}
k() { at=$1; shift; IPFS_PATH=$work/k$at ipfs "$@"; }
c() { at=$1; shift; ipfs-cluster-ctl --host "/ip4/$net.$at/tcp/9094" "$@"; }
id() { eval "echo \$id$1"; }
ma() { echo "/ip4/$net.$1/tcp/4001/p2p/$(id "$1")"; }
sees() { [ "$(k "$1" swarm peers | sed 's,.*/,,' | sort -u | wc -l)" -eq "$2" ]; }
members() { [ "$(c "$1" --enc=json peers ls | grep -c '"peername": "n')" -eq "$2" ]; }
daemon() { # daemon N
	: >"$work/k$1.log"
	LIBP2P_FORCE_PNET=1 IPFS_PATH=$work/k$1 ipfs daemon --migrate >"$work/k$1.log" 2>&1 &
	eval "kpid$1=$!"
	pids="$pids $!"
	within 5 grep -q 'Daemon is ready' "$work/k$1.log"
}
stop() { kill -INT "$1"; wait "$1"; }
pair() { # pair A B: a block made on A comes to B
	cid=$(od -vN 16 -An -tx1 /dev/urandom | k "$1" add -Q) && k "$2" --timeout=1s cat "$cid" >/dev/null
}
pairs() { for a in 1 2 3; do for b in 1 2 3; do [ $a = $b ] || pair $a $b || return 1; done; done; }

key=$(od -vN 32 -An -tx1 /dev/urandom | tr -d ' \n')
for n in 1 2 3; do
	k $n init --profile=autoconf-off >"$work/init" || exit 1
	k $n config --json AutoTLS.Enabled false
	k $n config Routing.Type dht
	k $n config --json Swarm.Transports.Network.Websocket false
	k $n config --json Discovery.MDNS.Enabled false
	k $n config --json Addresses.Swarm "[\"/ip4/$net.$n/tcp/4001\"]"
	k $n config Addresses.API "/ip4/$net.$n/tcp/5001"
	k $n config Addresses.Gateway "/ip4/$net.$n/tcp/8080"
	printf '/key/swarm/psk/1.0.0/\n/base16/\n%s\n' "$key" >"$work/k$n/swarm.key"
	eval "id$n=$(k $n config Identity.PeerID)"
done

# What stops a daemon, in order.
mv "$work/k1/swarm.key" "$work/key"
ok 'forced, no key' says 1 'privnet: private network was not configured but is enforced by the environment' env LIBP2P_FORCE_PNET=1 IPFS_PATH="$work/k1" ipfs daemon
: >"$work/k1/swarm.key"
ok 'empty key' says 1 'failed to configure private network: EOF' k 1 daemon
mv "$work/key" "$work/k1/swarm.key"
k 1 config --json AutoConf.Enabled true
ok 'AutoConf on a private network' says 1 'AutoConf cannot use the default mainnet URL' k 1 daemon
k 1 config --json AutoConf.Enabled false
k 1 config --json Bootstrap '["auto"]'
ok 'only auto in Bootstrap' says 1 'no usable bootstrap peers: AutoConf is disabled' k 1 daemon
k 1 config --json Bootstrap '["notanaddr"]'
ok 'malformed Bootstrap' says 1 'failed to parse multiaddr "notanaddr": must begin with /' k 1 daemon
k 1 config --json Bootstrap '[]'
k 1 config Addresses.API /ip4/203.0.113.7/tcp/5001
ok 'API address not on the host' says 1 'Error: serveHTTPApi: manet.Listen(/ip4/203.0.113.7/tcp/5001) failed: listen tcp4 203.0.113.7:5001: bind: cannot assign requested address' k 1 daemon
k 1 config Addresses.API "/ip4/$net.1/tcp/5001"
ok 'init twice' says 1 'Reinitializing would overwrite your keys' k 1 init
ok 'unknown key' says 1 'failed to set config value: Foo not found (maybe use --json?)' k 1 config Foo 1
ok 'offline peers' says 1 'this action must be run in online mode' k 1 swarm peers

# Peering.
for n in 1 2 3; do
	peers=
	for o in 1 2 3; do [ $o = $n ] || peers="$peers,{\"ID\":\"$(id $o)\",\"Addrs\":[\"/ip4/$net.$o/tcp/4001\"]}"; done
	k $n config --json Peering.Peers "[${peers#,}]"
done
for n in 1 2 3; do ok "daemon $n ready" daemon $n; done
ok 'second daemon' says 1 'someone else has the lock' k 1 daemon
for n in 1 2 3; do ok "daemon $n sees 2" within 5 sees $n 2; done
ok 'blocks go between all pairs (Peering)' pairs
ok 'a block nobody has' says 1 'Error: context deadline exceeded' k 1 --timeout=300ms cat QmWATWQ7fVPP2EFGu71UkfnqhYXDYH566qy47CnJDgvs8u
ok 'init under a daemon' says 1 'ipfs daemon is running. please stop it to run this command' k 1 init
ok 'GET is refused' sh -c "exec 3<>/dev/null; IPFS_PATH=$work/k1 ipfs --api /ip4/$net.1/tcp/5001 swarm peers --enc=json | grep -q '{\"Peers\":\[{\"Addr\":'"

# A wrong id, a wrong port, a wrong key.
other=$(IPFS_PATH=$work/kx ipfs init 2>/dev/null | sed -n 's/peer identity: //p')
ok 'wrong id' says 1 "peer id mismatch: expected $other, but remote key matches $(id 2)" k 1 swarm connect "/ip4/$net.2/tcp/4001/p2p/$other"
ok 'closed port' says 1 "dial tcp4 $net.2:4009: connect: connection refused" k 1 swarm connect "/ip4/$net.2/tcp/4009/p2p/$other"
stop "$kpid3"
ok 'clean stop leaves no api file' test ! -e "$work/k3/api"
od -vN 32 -An -tx1 /dev/urandom | tr -d ' \n' >"$work/hex"
printf '/key/swarm/psk/1.0.0/\n/base16/\n%s\n' "$(cat "$work/hex")" >"$work/k3/swarm.key"
daemon 3
ok 'other key' says 1 'failed to negotiate security protocol: ' k 3 swarm connect "$(ma 1)"
sleep 1
ok 'other key: nobody connects' sees 3 0
stop "$kpid3"
printf '/key/swarm/psk/1.0.0/\n/base16/\n%s\n' "$key" >"$work/k3/swarm.key"

# The trap: node 3 has the others in Bootstrap, and in Peering too.
k 3 config --json Bootstrap "[\"$(ma 1)\",\"$(ma 2)\"]"
daemon 3
ok 'Bootstrap connects' within 3 sees 3 2
no() { ! "$@"; }
ok 'trap: 1 to 3 fails' no pair 1 3
ok 'trap: 3 to 1 fails' no pair 3 1
ok 'trap: connecting again does not heal' sh -c "IPFS_PATH=$work/k1 ipfs swarm connect $(ma 3)"
ok 'trap: still there' no pair 1 3
ok 'disconnect at an address that is not connected' says 1 'failure: conn not found' k 3 swarm disconnect "/ip4/$net.9/tcp/4001/p2p/$(id 1)"
for at in $(k 3 swarm peers | grep -F "$(id 1)"); do
	ok 'disconnect' says 0 "disconnect $(id 1) success" k 3 swarm disconnect "$at"
done
ok 'connect' says 0 "connect $(id 1) success" k 3 swarm connect "$(ma 1)"
ok 'healed: 1 to 3' pair 1 3
ok 'healed: 3 to 1' pair 3 1
ok 'the other pair is not' no pair 2 3
ok 'Bootstrap emptied in the daemon' k 3 bootstrap rm --all
stop "$kpid3"
daemon 3
ok 'sees 2 again' within 5 sees 3 2
ok 'all pairs after a start without Bootstrap' pairs

# The cluster.
secret=$(od -vN 32 -An -tx1 /dev/urandom | tr -d ' \n')
export CLUSTER_SECRET="$secret" CLUSTER_MONITORPINGINTERVAL=1s
for n in 1 2 3; do
	d=$work/c$n
	CLUSTER_PEERNAME=n$n CLUSTER_LISTENMULTIADDRESS=/ip4/$net.$n/tcp/9096 CLUSTER_RESTAPI_HTTPLISTENMULTIADDRESS=/ip4/$net.$n/tcp/9094 \
		CLUSTER_IPFSPROXY_LISTENMULTIADDRESS=/ip4/$net.$n/tcp/9095 CLUSTER_PINSVCAPI_HTTPLISTENMULTIADDRESS=/ip4/$net.$n/tcp/9097 \
		CLUSTER_IPFSHTTP_NODEMULTIADDRESS=/ip4/$net.$n/tcp/5001 ipfs-cluster-service -c "$d" init --consensus crdt 2>"$work/init" || failed=1
	cat "$d/identity.json" >"$work/identity"
	eval "cid$n=$(sed -n 's/.*"id": "\([^"]*\)".*/\1/p' "$d/identity.json")"
done
unset CLUSTER_SECRET
for n in 1 2 3; do eval "echo /ip4/$net.$n/tcp/9096/p2p/\$cid$n" >>"$work/peerstore"; done
svc() { # svc N [OPTION...]
	at=$1
	shift
	: >"$work/c$at.log"
	ipfs-cluster-service -c "$work/c$at" daemon "$@" >"$work/c$at.log" 2>&1 &
	eval "cpid$at=$!"
	pids="$pids $!"
	within 5 grep -q 'IPFS Cluster is READY' "$work/c$at.log"
}
ok 'init again changes nothing, rc 0' says 0 'The configuration file will be overwritten. Continue? [y/n]: ' sh -c "ipfs-cluster-service -c $work/c1 init </dev/null"
ok 'bad secret' says 1 'input secret is 2 bytes, cluster secret should be 32' env CLUSTER_SECRET=abcd ipfs-cluster-service -c "$work/cx" init
ok 'unknown flag' says 0 'Incorrect Usage: flag provided but not defined: -nope' ipfs-cluster-service -c "$work/c1" daemon --nope
for n in 1 2 3; do
	cp "$work/peerstore" "$work/c$n/peerstore"
	ok "cluster peer $n ready" svc $n
done
ok 'running peer holds the lock' says 1 'error obtaining execution lock' ipfs-cluster-service -c "$work/c1" daemon
for n in 1 2 3; do ok "peer $n sees 3" within 4 members $n 3; done
echo hello >"$work/file"
cid=$(c 1 add -Q "$work/file")
ok 'add gives the real id' test "$cid" = QmZULkCELmmk5XNfCgTnCyFgAVxBRBXyDHGGMVoLFLiXEN
pinned() { [ "$(c 2 --enc=json status "$cid" | grep -c '"status": "pinned"')" -eq 3 ]; }
ok 'pinned on all three' within 3 pinned
cid=$(od -vN 16 -An -tx1 /dev/urandom | k 2 add -Q --pin=false)
ok 'pin add fetches from kubo to kubo' c 3 pin add --wait --wait-timeout 5s "$cid"
ok 'pin nobody has' says 62 'error waiting for pin status: context deadline exceeded' c 1 pin add --wait --wait-timeout 1s QmWATWQ7fVPP2EFGu71UkfnqhYXDYH566qy47CnJDgvs8u
ok 'pin rm' c 1 pin rm QmWATWQ7fVPP2EFGu71UkfnqhYXDYH566qy47CnJDgvs8u
ok 'peers rm' says 2 'crdt consensus component cannot remove peers' c 1 peers rm "$cid2"
ok 'not in the pinset' says 2 'pin is not part of the pinset' c 1 pin ls QmWATWQ7fVPP2EFGu71UkfnqhYXDYH566qy47CnJDgvs8u
ok 'no daemon there' says 1 'connect: connection refused' ipfs-cluster-ctl --enc=json --host "/ip4/$net.9/tcp/9" id
ok 'unknown command' says 3 "No help topic for 'nope'" ipfs-cluster-ctl nope
kill -9 "$cpid3"
ok 'a dead peer has an error' within 2 says 0 'all dials failed' c 1 --enc=json peers ls
ok 'a dead peer goes' within 4 says 0 'Sees 1 other peers' c 1 id
ok 'clean stop' stop "$cpid2"
ok 'peerstore without the own line' sh -c "[ \$(wc -l <$work/c2/peerstore) -eq 2 ] && ! grep -q $cid2 $work/c2/peerstore"
svc 2 --bootstrap "/ip4/$net.1/tcp/9096/p2p/$id1"
ok 'P4' within 3 grep -qF "remote key matches $cid1" "$work/c2.log"
stop "$cpid2"
: >"$work/c2/peerstore"
svc 2 --bootstrap "/ip4/$net.1/tcp/4001/p2p/$id1"
ok 'P5' within 5 grep -q 'bootstrap to .* failed: failed to dial: ' "$work/c2.log"
stop "$cpid2"
: >"$work/c2/peerstore"
export CLUSTER_SECRET="$(cat "$work/hex")"
svc 2 --bootstrap "/ip4/$net.1/tcp/9096/p2p/$cid1"
ok 'wrong secret' within 5 grep -q 'bootstrap to .* failed: failed to dial: ' "$work/c2.log"
for p in "$cpid1" "$cpid2" "$kpid1" "$kpid2" "$kpid3"; do ok 'end' stop "$p"; done
[ $failed -eq 0 ] && echo 'all ok'
exit $failed
