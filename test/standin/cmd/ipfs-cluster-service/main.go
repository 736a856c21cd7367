// Command ipfs-cluster-service stands in for the real one in tests without
// internet.
package main

import (
	"os"

	"standin/internal/cluster"
)

func main() { os.Exit(cluster.Main(os.Args[1:])) }
