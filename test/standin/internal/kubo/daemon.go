package kubo

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"standin/internal/logx"
	"standin/internal/maddr"
	"standin/internal/notify"
)

// runDaemon is `ipfs daemon`; on failure it prints an empty line first, like
// the real one.
func runDaemon(path string, opts map[string]string) error {
	err := daemon(path, opts)
	if err != nil {
		fmt.Println()
	}
	return err
}

func daemon(path string, opts map[string]string) error {
	v := versionInfo()
	fmt.Printf("Initializing daemon...\nKubo version: %s\nRepo version: %s\nSystem version: %s\nGolang version: %s\n",
		v.Version, v.Repo, v.System, v.Golang)
	if opts["init"] == "true" && !initialized(path) {
		if err := initRepo(path, opts["init-profile"]); err != nil {
			return err
		}
		fmt.Print("to get started, enter:\n\n\tipfs cat /ipfs/QmQPeNsJPyVWPFDVHb77w8G42Fvo15z4bG2X8D2GhfbSXc/readme\n\n")
	}
	r, err := openRepo(path)
	if err == errNeedMigration {
		if err = migrate(path, opts); err == nil {
			r, err = openRepo(path)
		}
	}
	if err != nil {
		return err
	}
	defer r.Close()
	if err := checkPrivate(r); err != nil {
		return err
	}
	n := newNode(r)
	psk, err := construct(n)
	if err != nil {
		return fmt.Errorf("constructing the node (see log for full detail): %w", err)
	}
	defer n.host.Close()
	if psk != nil {
		fmt.Println("Swarm is limited to private network of peers with the swarm key")
		fmt.Printf("Swarm key fingerprint: %x\n", fingerprint(psk))
	}
	for _, text := range n.host.OwnAddrs() {
		a, _ := maddr.Parse(text)
		_, hostport, _ := a.TCP()
		fmt.Printf("Swarm listening on %s (TCP)\n", hostport)
	}
	fmt.Println("Run 'ipfs id' to inspect announced and discovered multiaddrs of this node.")
	return serve(n)
}

// serve opens API and gateway, says READY and waits for the end.
func serve(n *Node) error {
	cfg := n.repo.config()
	apis, err := listenAll(cfg.list("Addresses.API"), "serveHTTPApi", "API")
	if err != nil {
		return err
	}
	api := &http.Server{Handler: apiHandler(n)}
	var first maddr.Addr
	for _, l := range apis {
		m := maddr.FromNet(l.Addr())
		if first == nil {
			first = m
		}
		fmt.Printf("RPC API server listening on %s\n", m)
		defer l.Close()
		go func(l net.Listener) { _ = api.Serve(l) }(l)
	}
	if first != nil {
		_, hostport, _ := first.TCP()
		fmt.Printf("WebUI: http://%s/webui\n", hostport)
	}
	gates, err := listenAll(cfg.list("Addresses.Gateway"), "serveHTTPGateway", "gateway")
	if err != nil {
		return err
	}
	gateway := &http.Server{Handler: gatewayHandler(n)}
	for _, l := range gates {
		fmt.Printf("Gateway server listening on %s\n", maddr.FromNet(l.Addr()))
		fmt.Printf("Routing V1 API exposed at http://%s/routing/v1\n", l.Addr())
		_ = writeFile(n.repo.file("gateway"), []byte("http://"+l.Addr().String()), 0o644)
		defer l.Close()
		go func(l net.Listener) { _ = gateway.Serve(l) }(l)
	}
	if first != nil {
		if err := writeFile(n.repo.file("api"), []byte(first.String()), 0o644); err != nil {
			return err
		}
	}
	defer os.Remove(n.repo.file("gateway"))
	defer os.Remove(n.repo.file("api"))
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	fmt.Println("Daemon is ready")
	notify.Send("READY=1")
	select {
	case <-signals:
		fmt.Print("\nReceived interrupt signal, shutting down...\n(Hit ctrl-c again to force-shutdown the daemon.)\n")
	case <-n.quit:
	}
	go func() {
		<-signals
		fmt.Println("Received another interrupt before graceful shutdown, terminating...")
		os.Exit(255)
	}()
	notify.Send("STOPPING=1")
	n.shutdown()
	return nil
}

func listenAll(addrs []string, what, kind string) ([]net.Listener, error) {
	var out []net.Listener
	for _, text := range addrs {
		a, err := maddr.Parse(text)
		if err != nil {
			return nil, fmt.Errorf("%s: invalid %s address: %q (err: %w)", what, kind, text, err)
		}
		network, hostport, ok := a.TCP()
		if !ok {
			return nil, fmt.Errorf("%s: manet.Listen(%s) failed: unsupported address", what, a)
		}
		l, err := net.Listen(network, hostport)
		if err != nil {
			return nil, fmt.Errorf("%s: manet.Listen(%s) failed: %w", what, a, err)
		}
		out = append(out, l)
	}
	return out, nil
}

// migrate brings a repo of version 17 to 18, as the embedded migration does.
func migrate(path string, opts map[string]string) error {
	b, err := os.ReadFile(path + "/version")
	if err != nil {
		return err
	}
	have := strings.TrimSpace(string(b))
	fmt.Printf("Kubo repository at %s has version %s and needs to be migrated to version %s.\n", path, have, repoVersion)
	if opts["migrate"] == "" {
		if !askMigration(bufio.NewReader(os.Stdin)) {
			fmt.Printf("Not running migrations on repository at %s. Re-run daemon with --migrate or see 'ipfs repo migrate --help'\n", path)
			return errors.New("fs-repo requires migration")
		}
	} else if opts["migrate"] == "false" {
		return errors.New("fs-repo requires migration")
	}
	return runMigration(path, have)
}

func askMigration(in *bufio.Reader) bool {
	for i := 0; i < 3; i++ {
		fmt.Print("Run migrations now? [y/N] ")
		l, err := in.ReadString('\n')
		switch strings.ToLower(strings.TrimSpace(l)) {
		case "y", "yes":
			return true
		case "n", "no":
			return false
		case "":
			if err == nil {
				return false
			}
		}
		reason := strings.TrimSpace(l)
		if err != nil {
			reason = err.Error()
		}
		fmt.Printf("Invalid input: %s. Please try again.\n", reason)
	}
	return false
}

func runMigration(path, have string) error {
	fmt.Println("Looking for embedded migrations.")
	if have != "17" {
		logx.Error("migrations", "migrations/fetcher.go:1", "no embedded migration from version %s", have)
		return errors.New("failed to find migration: no network")
	}
	fmt.Println("Running embedded migration fs-repo-17-to-18...\napplying 17-to-18 repo migration")
	fmt.Println("> Migrating Provider and Reprovider configuration to unified Provide configuration")
	cfg, err := readConfig(path + "/config")
	if err != nil {
		return err
	}
	cfg["Provider"], cfg["Reprovider"] = map[string]interface{}{}, map[string]interface{}{}
	if err := cfg.write(path + "/config"); err != nil {
		return err
	}
	if err := writeFile(path+"/version", []byte(repoVersion+"\n"), 0o644); err != nil {
		return err
	}
	fmt.Println("updated version file\nMigration 17-to-18 succeeded")
	fmt.Println("Embedded migration fs-repo-17-to-18 completed successfully")
	fmt.Println("Success: fs-repo migrated to version 18 using embedded migrations.")
	return nil
}
