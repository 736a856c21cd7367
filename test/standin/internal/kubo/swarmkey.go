package kubo

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"os"
)

// readSwarmKey reads swarm.key with the checks and texts of go-libp2p's
// pnet codec (ipfs-operations.md 1.2). No file gives nil.
func readSwarmKey(path string) ([]byte, error) {
	b, err := os.ReadFile(path)
	if os.IsNotExist(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	key, err := decodeSwarmKey(bufio.NewReader(bytes.NewReader(b)))
	if err != nil {
		return nil, fmt.Errorf("failed to configure private network: %w", err)
	}
	return key, nil
}

func decodeSwarmKey(r *bufio.Reader) ([]byte, error) {
	const want = "/key/swarm/psk/1.0.0/"
	head, err := header(r)
	if err != nil {
		return nil, err
	}
	if head != want {
		return nil, fmt.Errorf("expected file header %s, got: %s", want, head)
	}
	encoding, err := header(r)
	if err != nil {
		return nil, err
	}
	var in io.Reader
	switch encoding {
	case "/base16/":
		in = hex.NewDecoder(r)
	case "/base64/":
		in = base64.NewDecoder(base64.StdEncoding, r)
	case "/bin/":
		in = r
	default:
		return nil, fmt.Errorf("unknown encoding: %s", encoding)
	}
	key := make([]byte, 32)
	_, err = io.ReadFull(in, key)
	return key, err
}

func header(r *bufio.Reader) (string, error) {
	l, err := r.ReadBytes('\n')
	if err != nil {
		return "", err
	}
	return string(bytes.TrimRight(l, "\r\n")), nil
}
