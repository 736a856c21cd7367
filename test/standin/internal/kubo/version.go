// Package kubo is the stand-in for kubo: the `ipfs` command line, its repo and
// its daemon (ipfs-operations.md sections 0, 1, 6; golden raw-01..07).
package kubo

import "runtime"

// What the program says about itself.
const (
	Version     = "0.42.0"
	Commit      = "stand-in"
	repoVersion = "18"
)

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
