#!/bin/sh
# build.sh OUTDIR: the stand-in programs as tarballs of upstream's names and
# layout, each with FILE.sha512, and the bare programs in OUTDIR/bin.
# Nothing is done when OUTDIR was built from the same sources.
set -eu
[ $# -eq 1 ] || { echo "usage: build.sh OUTDIR" >&2; exit 64; }
kubo=v0.42.0
cluster=v1.1.6
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
mkdir -p "$1"
out=$(CDPATH='' cd -- "$1" && pwd)

case $(uname -m) in
x86_64) arch=amd64 ;;
aarch64) arch=arm64 ;;
riscv64) arch=riscv64 ;;
*) echo "build.sh: no upstream name for $(uname -m)" >&2; exit 1 ;;
esac

# Two at once would take each other's files away.
exec 9>"$out/.lock"
if command -v flock >/dev/null 2>&1; then flock 9; fi

cd "$here"
digest=$({
	echo "$arch $kubo $cluster"
	find . -type f \( -name '*.go' -o -name '*.json' -o -name go.mod -o -name build.sh \) ! -name '*_test.go' |
		LC_ALL=C sort | while IFS= read -r f; do sha256sum "$f"; done
} | sha256sum | cut -c1-64)
if [ "$(cat "$out/sources.sha256" 2>/dev/null || :)" = "$digest" ]; then
	exit 0
fi

PATH=$PATH:/usr/local/go/bin:/usr/lib/go/bin
if ! command -v go >/dev/null 2>&1; then
	[ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null 2>&1 ||
		{ echo "build.sh: no go here, and no way to install it (not root, or no apt-get)" >&2; exit 1; }
	echo "build.sh: no go here: installing Debian's golang-go by apt-get" >&2
	apt-get update -qq >&2
	DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends golang-go >&2
fi

tmp=$(mktemp -d "$out/build.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
trap 'exit 1' INT TERM
export CGO_ENABLED=0 GOOS=linux GOARCH=$arch GO111MODULE=on GOFLAGS=-mod=mod GOTOOLCHAIN=local GOPROXY=off GOWORK=off
export GOCACHE="${GOCACHE:-$(go env GOCACHE 2>/dev/null || :)}"
if [ -z "$GOCACHE" ] || [ "$GOCACHE" = off ]; then GOCACHE=$tmp/cache; fi
mkdir "$tmp/bin"
go build -trimpath -buildvcs=false -ldflags '-s -w' -o "$tmp/bin/" ./cmd/...

# pack NAME VERSION: the folder NAME as NAME_VERSION_linux-ARCH.tar.gz
pack() {
	file=$1_$2_linux-$arch.tar.gz
	tar -C "$tmp" --format=ustar --sort=name --mtime=@1767225600 --owner=0 --group=0 --numeric-owner -cf - "$1" |
		gzip -9n >"$tmp/$file"
	(cd "$tmp" && sha512sum "$file" >"$file.sha512")
}
mkdir "$tmp/kubo" "$tmp/ipfs-cluster-service" "$tmp/ipfs-cluster-ctl"
cp "$tmp/bin/ipfs" "$tmp/kubo/ipfs"
cp "$tmp/bin/ipfs-cluster-service" "$tmp/ipfs-cluster-service/"
cp "$tmp/bin/ipfs-cluster-ctl" "$tmp/ipfs-cluster-ctl/"
cat >"$tmp/kubo/install.sh" <<'EOF'
#!/bin/sh
# Puts the stand-in for ipfs into /usr/local/bin.
set -eu
cd "$(dirname "$0")"
install -m 0755 ipfs /usr/local/bin/ipfs
EOF
echo "A stand-in for kubo, for tests without internet." >"$tmp/kubo/README.md"
chmod -R u=rwX,go=rX "$tmp/kubo" "$tmp/ipfs-cluster-service" "$tmp/ipfs-cluster-ctl"
chmod 755 "$tmp/kubo/install.sh"
pack kubo "$kubo"
pack ipfs-cluster-service "$cluster"
pack ipfs-cluster-ctl "$cluster"

rm -rf "$out/bin" "$out/sources.sha256"
mv "$tmp/bin" "$tmp"/*.tar.gz "$tmp"/*.sha512 "$out/"
echo "$digest" >"$out/sources.sha256"
