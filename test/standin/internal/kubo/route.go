package kubo

import (
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"time"

	"standin/internal/maddr"
)

var errNoAPI = errors.New("cannot connect to the api. Is the daemon running? To run as a standalone CLI command remove the api file in `$IPFS_PATH/api`")

// route decides who runs a command: the daemon at --api, the daemon of the
// api file (with --offline too), or this process on the repo. A stale api file is
// deleted.
func route(c *command, path string, opts map[string]string) (call func(*request) error, done func(), err error) {
	done = func() {}
	alone := func(n *Node) func(*request) error {
		return func(r *request) error { r.node = n; return runHere(c, r) }
	}
	if c.path == "version" {
		return alone(nil), done, nil
	}
	base, err := apiBase(path, opts)
	if err != nil {
		return nil, done, err
	}
	if base != "" {
		return func(r *request) error { return callAPI(base, c, r) }, done, nil
	}
	if c.path == "config show" { // reads the file, and takes no lock
		return alone(nil), done, nil
	}
	repo, err := openRepo(path)
	if err != nil {
		return nil, done, err
	}
	if repo.keyErr != nil {
		repo.Close()
		return nil, done, fmt.Errorf("constructing the node (see log for full detail): %w", repo.keyErr)
	}
	return alone(newNode(repo)), repo.Close, nil
}

func apiBase(path string, opts map[string]string) (string, error) {
	text, explicit := opts["api"]
	if !explicit {
		b, err := os.ReadFile(path + "/api")
		if err != nil {
			return "", nil
		}
		text = strings.TrimSpace(string(b))
	}
	a, err := maddr.Parse(text)
	if err != nil {
		return "", err
	}
	network, hostport, ok := a.TCP()
	if !ok {
		return "", fmt.Errorf("invalid API address: %s", text)
	}
	c, err := net.DialTimeout(network, hostport, 5*time.Second)
	if err == nil {
		c.Close()
		return "http://" + hostport + "/api/v0/", nil
	}
	if explicit {
		return "", errNoAPI
	}
	_ = os.Remove(path + "/api")
	return "", nil
}
