#!/bin/sh
# check.sh [BINDIR]: what only the stand-in does: the trap of a Bootstrap list,
# and the variables that make it fail. What it shares with the real programs is
# in test/real/contract. Two kubos on addresses of 127/8, about 10 s.
set -u
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
work=$(mktemp -d)
pids=
end() {
	for p in $pids; do kill -9 "$p" 2>/dev/null; done
	wait 2>/dev/null
	rm -rf "$work"
}
trap end EXIT
trap 'exit 1' INT TERM
if [ $# -ge 1 ]; then bin=$(CDPATH='' cd -- "$1" && pwd); else
	sh "$here/build.sh" "$work/out" || exit 1
	bin=$work/out/bin
fi
PATH=$bin:$PATH
unset IPFS_PATH IPFS_CLUSTER_PATH CLUSTER_SECRET LIBP2P_FORCE_PNET NOTIFY_SOCKET
export STANDIN_TICK=400ms
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
no() { ! "$@"; }
k() { at=$1; shift; IPFS_PATH=$work/k$at ipfs "$@"; }
id() { eval "echo \$id$1"; }
ma() { echo "/ip4/$net.$1/tcp/4001/p2p/$(id "$1")"; }
sees() { [ "$(k "$1" swarm peers | sed 's,.*/,,' | sort -u | wc -l)" -eq "$2" ]; }
daemon() { # daemon N [OPTION...]
	n=$1
	shift
	: >"$work/k$n.log"
	LIBP2P_FORCE_PNET=1 IPFS_PATH=$work/k$n ipfs daemon "$@" >"$work/k$n.log" 2>&1 &
	eval "pid$n=$!"
	pids="$pids $!"
	within 5 grep -q 'Daemon is ready' "$work/k$n.log"
}
stop() { eval "kill -INT \$pid$1; wait \$pid$1"; }
pair() { # pair A B: a block made on A comes to B
	cid=$(od -vN 16 -An -tx1 /dev/urandom | k "$1" add -Q) && k "$2" --timeout=1s cat "$cid" >/dev/null
}
setup() { # setup N: a repo of the private network
	k "$1" config --json AutoTLS.Enabled false
	k "$1" config Routing.Type dht
	k "$1" config --json Addresses.Swarm "[\"/ip4/$net.$1/tcp/4001\"]"
	k "$1" config Addresses.API "/ip4/$net.$1/tcp/5001"
	k "$1" config Addresses.Gateway "/ip4/$net.$1/tcp/8080"
	printf '/key/swarm/psk/1.0.0/\n/base16/\n%s\n' "$key" >"$work/k$1/swarm.key"
	eval "id$1=$(k "$1" config Identity.PeerID)"
}

key=$(od -vN 32 -An -tx1 /dev/urandom | tr -d ' \n')
for n in 1 2; do
	k $n init --profile=autoconf-off >"$work/init" || exit 1
	setup $n
done

# The trap: node 2 has node 1 in Bootstrap, and in Peering too.
k 2 config --json Bootstrap "[\"$(ma 1)\"]"
k 2 config --json Peering.Peers "[{\"ID\":\"$(id 1)\",\"Addrs\":[\"/ip4/$net.1/tcp/4001\"]}]"
ok 'daemon 1 ready' daemon 1
ok 'daemon 2 ready' daemon 2
ok 'Bootstrap connects' within 3 sees 2 1
ok 'trap: 1 to 2 fails' no pair 1 2
ok 'trap: 2 to 1 fails' no pair 2 1
ok 'trap: connecting again does not heal' k 1 swarm connect "$(ma 2)"
ok 'trap: still there' no pair 1 2
for at in $(k 2 swarm peers | grep -F "$(id 1)"); do
	ok 'disconnect' says 0 "disconnect $(id 1) success" k 2 swarm disconnect "$at"
done
ok 'connect' says 0 "connect $(id 1) success" k 2 swarm connect "$(ma 1)"
ok 'healed: 1 to 2' pair 1 2
ok 'healed: 2 to 1' pair 2 1
ok 'Bootstrap emptied in the daemon' k 2 bootstrap rm --all
stop 2
ok 'daemon 2 ready' daemon 2
ok 'Peering connects' within 5 sees 2 1
ok 'blocks go after a start without Bootstrap' pair 1 2
stop 2

# A cut network: nobody gets through, either way.
k 2 config --json Peering.Peers '[]'
export FAKE_DROP="$(id 1)"
daemon 2
unset FAKE_DROP
ok 'FAKE_DROP: out' says 1 'context deadline exceeded' k 2 swarm connect "$(ma 1)"
ok 'FAKE_DROP: in' no k 1 --timeout=2s swarm connect "$(ma 2)"
ok 'FAKE_DROP: alone' sees 2 0
stop 2

export FAKE_PIN_FAIL=all FAKE_START_DELAY=1s FAKE_CRASH_AFTER=1s
began=$(date +%s%N)
daemon 2
ok 'FAKE_START_DELAY' test $(($(date +%s%N) - began)) -ge 1000000000
ok 'FAKE_PIN_FAIL' says 1 'pin: context deadline exceeded' k 2 pin add QmUNLLsPACCz1vLxQVkXqqLX5R1X345qqfHbsf67hvA3Nn
eval "wait \$pid2"
ok 'FAKE_CRASH_AFTER ends it with 2' test $? -eq 2
ok '... and leaves its api file' test -e "$work/k2/api"
unset FAKE_PIN_FAIL FAKE_START_DELAY FAKE_CRASH_AFTER
stop 1

# Other versions.
old() { FAKE_KUBO_VERSION=0.36.0 "$@"; }
ok '0.36 says so' says 0 'ipfs version 0.36.0' old ipfs version
ok '0.36 has no autoconf-off' says 1 'invalid configuration profile: autoconf-off' old k 3 init --profile=autoconf-off
ok '0.36 inits' old k 3 init
ok '0.36 knows the public bootstrappers' says 0 '/dnsaddr/bootstrap.libp2p.io/p2p/' old k 3 config Bootstrap
ok '0.36 has repo 16' grep -qx 16 "$work/k3/version"
old setup 3
ok '0.36 starts with them on a private network' old daemon 3
stop 3
ok '0.42 wants a migration' says 1 'fs-repo requires migration' k 3 daemon
ok '0.42 then has AutoConf on' says 1 'AutoConf cannot use the default mainnet URL' k 3 daemon --migrate
export FAKE_REPO_VERSION=19
ok 'a newer repo: migrated' says 1 'Migration 18-to-19 succeeded' k 3 daemon --migrate
unset FAKE_REPO_VERSION
ok 'a newer repo: refused' says 1 'Your programs version (18) is lower than your repos (19).' k 3 daemon
[ $failed -eq 0 ] && echo 'all ok'
exit $failed
