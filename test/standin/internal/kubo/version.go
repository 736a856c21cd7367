// Package kubo is the stand-in for kubo: the `ipfs` command line, its repo and
// its daemon (ipfs-operations.md sections 0, 1, 6; golden raw-01..07).
package kubo

import (
	"os"
	"runtime"
	"strconv"
	"strings"
)

// What the program says about itself. FAKE_KUBO_VERSION and FAKE_REPO_VERSION
// make it an older or a newer one.
var (
	Version     = said("FAKE_KUBO_VERSION", "0.42.0")
	repoVersion = said("FAKE_REPO_VERSION", repoOf(minor()))
)

// Commit stands where releases name theirs.
const Commit = "stand-in"

func said(name, otherwise string) string {
	if v := os.Getenv(name); v != "" {
		return v
	}
	return otherwise
}

func minor() int {
	parts := strings.Split(said("FAKE_KUBO_VERSION", "0.42.0"), ".")
	if len(parts) < 2 {
		return 42
	}
	n, _ := strconv.Atoi(parts[1])
	return n
}

// repoOf is the repo version of 0.n (ipfs-operations.md 4.2).
func repoOf(n int) string {
	switch {
	case n >= 38:
		return "18"
	case n == 37:
		return "17"
	}
	return "16"
}

// hasAutoConf: AutoConf, its profiles and its placeholders came with 0.37.
func hasAutoConf() bool { return minor() >= 37 }

var system = runtime.GOARCH + "/" + runtime.GOOS

type versionOutput struct{ Version, Commit, Repo, System, Golang string }

func versionInfo() versionOutput {
	return versionOutput{Version, Commit, repoVersion, system, runtime.Version()}
}

var protocols = []string{
	"/ipfs/bitswap", "/ipfs/bitswap/1.0.0", "/ipfs/bitswap/1.1.0", "/ipfs/bitswap/1.2.0",
	"/ipfs/id/1.0.0", "/ipfs/id/push/1.0.0", "/ipfs/lan/kad/1.0.0", "/ipfs/ping/1.0.0",
	"/libp2p/autonat/1.0.0", "/libp2p/autonat/2/dial-back", "/libp2p/autonat/2/dial-request",
	"/libp2p/circuit/relay/0.2.0/stop", "/x/",
}
