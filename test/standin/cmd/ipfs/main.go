// Command ipfs stands in for kubo in tests without internet.
package main

import (
	"os"

	"standin/internal/kubo"
)

func main() { os.Exit(kubo.Main(os.Args[1:])) }
