package kubo

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"

	"standin/internal/knob"
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
	knob.StartDelay()
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
	refuseOld(r)
	for _, text := range n.host.OwnAddrs() {
		a, _ := maddr.Parse(text)
		_, hostport, _ := a.TCP()
		fmt.Printf("Swarm listening on %s (TCP)\n", hostport)
	}
	fmt.Println("Run 'ipfs id' to inspect announced and discovered multiaddrs of this node.")
	var collecting error
	if opts["enable-gc"] == "true" {
		collecting = collectWhenFull(n)
	}
	if err := serve(n); err != nil {
		return err
	}
	return collecting
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
	knob.CrashLater()
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
			return nil, fmt.Errorf("%s: manet.Listen(%s) failed: unexpected address type", what, a)
		}
		l, err := net.Listen(network, hostport)
		if err != nil {
			return nil, fmt.Errorf("%s: manet.Listen(%s) failed: %w", what, a, err)
		}
		out = append(out, l)
	}
	return out, nil
}
