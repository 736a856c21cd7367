// Command ipfs-cluster-ctl stands in for the real one in tests without
// internet.
package main

import (
	"os"

	"standin/internal/ctl"
)

func main() { os.Exit(ctl.Main(os.Args[1:])) }
