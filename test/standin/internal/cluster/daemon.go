package cluster

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"standin/internal/filelock"
	"standin/internal/knob"
	"standin/internal/logx"
	"standin/internal/maddr"
	"standin/internal/notify"
)

// takeLock is the execution lock of the configuration folder.
func takeLock(dir string, create bool) (*filelock.Lock, error) {
	if create {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return nil, fmt.Errorf("error obtaining execution lock: %w", err)
		}
	}
	path := filepath.Join(dir, "cluster.lock")
	lock, err := filelock.Take(path)
	if err != nil {
		return nil, fmt.Errorf("error obtaining execution lock: %w. If no other ipfs-cluster-service process is running, remove %s, or make sure that the config folder is writable for the user running ipfs-cluster-service.", err, path)
	}
	return lock, nil
}

// runDaemon is `ipfs-cluster-service daemon` (golden raw-04, raw-08).
func runDaemon(dir string, f flags) error {
	logx.Info("service", "ipfs-cluster-service/daemon.go:51", "Initializing. For verbose output run with \"-l debug\". Please wait...")
	var boot []maddr.Addr
	for _, text := range strings.Split(f["bootstrap"], ",") {
		if text == "" {
			continue
		}
		a, err := maddr.Parse(text)
		if err != nil {
			return fmt.Errorf("error error parsing bootstrap multiaddress (%s): %w", text, err)
		}
		boot = append(boot, a)
	}
	if _, err := os.Stat(dir); err == nil {
		lock, err := takeLock(dir, false)
		if err != nil {
			return err
		}
		defer lock.Release()
	}
	s, err := load(dir)
	if err != nil {
		return err
	}
	knob.StartDelay()
	p, err := startPeer(s)
	if err != nil {
		return err
	}
	defer p.host.Close()
	servers, err := p.serveAPIs()
	defer func() {
		for _, srv := range servers {
			srv.Close()
		}
	}()
	if err != nil {
		return err
	}
	p.sayListening()
	return p.run(boot, f["no-trust"] != "true", servers)
}

// startPeer checks the private network and opens 9096.
func startPeer(s *settings) (*peer, error) {
	if !s.raft && s.json.Object("consensus.crdt") == nil {
		return nil, errors.New("error creating state manager: could not determine the consensus component")
	}
	if !s.raft {
		o := s.json.Object("datastore")
		if o == nil || len(o.Keys) == 0 {
			return nil, errors.New("error creating datastore: unknown datastore")
		}
		backend := o.Keys[0]
		logx.Info("service", "ipfs-cluster-service/daemon.go:279", "Datastore backend: %s", backend)
	}
	if s.secret == nil && os.Getenv("LIBP2P_FORCE_PNET") == "1" {
		logx.Error("p2p-config", "config/config.go:165", "tried to create a libp2p node with no Private Network Protector but usage of Private Networks is forced by the environment")
		return nil, errors.New("error creating libp2p host: could not build arguments for function \"reflect\".makeFuncStub (reflect/asm_amd64.s:28): failed to build *swarm.Swarm: received non-nil error from function \"github.com/libp2p/go-libp2p/config\".(*Config).NewNode.func3 (L/config/config.go:521): privnet: private network was not configured but is enforced by the environment")
	}
	p, err := newPeer(s)
	if err != nil {
		return nil, err
	}
	if err := p.host.Listen(textList(s.json.Get("cluster.listen_multiaddress"))); err != nil {
		return nil, fmt.Errorf("error creating libp2p host: %w", err)
	}
	return p, nil
}

func (p *peer) sayListening() {
	var own strings.Builder
	for _, a := range p.host.OwnAddrs() {
		fmt.Fprintf(&own, "\n        %s/p2p/%s", a, p.host.ID())
	}
	logx.Info("cluster", "ipfs-cluster/cluster.go:141", "IPFS Cluster v1.1.6 listening on:%s\n\n", own.String())
}

// serveAPIs opens 9094, 9095 and 9097, each only when its section is there.
func (p *peer) serveAPIs() ([]*http.Server, error) {
	kubo, _ := url.Parse(strings.TrimSuffix(p.ipfs.base, "/api/v0/"))
	proxy := httputil.NewSingleHostReverseProxy(kubo)
	var out []*http.Server
	for _, api := range []struct {
		section, key, what string
		handler            http.Handler
		say                func(addr string)
	}{
		{"restapi", "http_listen_multiaddress", "REST API", rest{p}, func(a string) {
			logx.Info("restapi", "common/api.go:454", "RESTAPI (HTTP): %s", a)
		}},
		{"pinsvcapi", "http_listen_multiaddress", "Pinning Service API", p.pinService(), func(a string) {
			logx.Info("pinsvcapi", "common/api.go:454", "PINSVCAPI (HTTP): %s", a)
		}},
		{"ipfsproxy", "listen_multiaddress", "IPFS Proxy", proxy, func(a string) {
			logx.Info("ipfsproxy", "ipfsproxy/ipfsproxy.go:336", "IPFS Proxy: %s -> %s", a, p.set.json.Text("api.ipfsproxy.node_multiaddress"))
		}},
	} {
		if p.set.json.Object("api."+api.section) == nil {
			continue
		}
		srv := &http.Server{Handler: api.handler}
		for _, text := range textList(p.set.json.Get("api." + api.section + "." + api.key)) {
			l, err := listen(text)
			if err != nil {
				return out, fmt.Errorf("error creating %s component: %w", api.what, err)
			}
			api.say(maddr.FromNet(l.Addr()).String())
			if cert, key := p.file("api."+api.section+".ssl_cert_file"), p.file("api."+api.section+".ssl_key_file"); cert != "" {
				go func() { _ = srv.ServeTLS(l, cert, key) }()
			} else {
				go func() { _ = srv.Serve(l) }()
			}
		}
		out = append(out, srv)
	}
	return out, nil
}

// file is the path that a member names, as the configuration folder sees it.
func (p *peer) file(member string) string {
	name := p.set.json.Text(member)
	if name == "" || filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(p.set.dir, name)
}

func listen(text string) (net.Listener, error) {
	a, err := maddr.Parse(text)
	if err != nil {
		return nil, err
	}
	network, hostport, ok := a.TCP()
	if !ok {
		return nil, fmt.Errorf("unsupported address %s", text)
	}
	return net.Listen(network, hostport)
}

// pinService lists the pins on 9097, read only.
func (p *peer) pinService() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		if q.Method != http.MethodGet || strings.Trim(q.URL.Path, "/") != "pins" {
			send(w, 404, map[string]interface{}{"error": map[string]string{"reason": "NOT_FOUND"}})
			return
		}
		w.Header().Set("Content-Type", "application/json")
		results := []interface{}{}
		for _, pin := range p.pins.list() {
			results = append(results, map[string]interface{}{"requestid": pin.Cid, "status": "pinned",
				"created": pin.Timestamp, "pin": map[string]string{"cid": pin.Cid}})
		}
		send(w, 200, map[string]interface{}{"count": len(results), "results": results})
	})
}

// run goes from the open ports to READY and on to the end.
func (p *peer) run(boot []maddr.Addr, trust bool, servers []*http.Server) error {
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	p.importPeers()
	if p.raft != nil && len(boot) > 0 {
		p.raft.clean()
	}
	for _, a := range boot {
		if _, id := a.Split(); id != "" && trust {
			p.mu.Lock()
			p.trusted[id] = true
			p.mu.Unlock()
		}
	}
	if p.trusts("*") && p.raft == nil {
		logx.Info("crdt", "crdt/consensus.go:320", "'trust all' mode enabled. Any peer in the cluster can modify the pinset.")
	}
	for _, loop := range []func(){p.dialLoop, p.pingLoop, p.alertLoop} {
		go loop()
	}
	ready, lost := make(chan struct{}), make(chan struct{})
	go p.becomeReady(boot, ready, lost)
	for {
		select {
		case <-ready:
			ready = nil
			go p.tracker.recoverLoop()
			if p.raft != nil {
				go p.raft.watch()
			}
		case <-lost:
			p.raft.hang()
			p.hang(servers, signals)
		case <-p.removed():
			p.stop(signals)
			time.Sleep(scaled(5 * time.Second))
			logx.Warn("raft", "raft/raft.go:393", "timed out waiting for state updates before shutdown. Snapshotting may fail")
			p.raft.snapshot()
			cleanRaft(p.set)
			return nil
		case <-signals:
			p.stop(signals)
			if p.raft != nil {
				p.raft.snapshot()
			}
			return nil
		}
	}
}

func (p *peer) removed() chan struct{} {
	if p.raft == nil {
		return nil
	}
	return p.raft.gone
}

// hang is a raft start that found no leader: 9094 closed, 9096 and the lock
// held, no exit; only a third signal ends it (fact 5).
func (p *peer) hang(servers []*http.Server, signals chan os.Signal) {
	logx.Error("cluster", "ipfs-cluster/cluster.go:760", "***** ipfs-cluster consensus start timed out (tips below) *****")
	logx.Info("cluster", "ipfs-cluster/cluster.go:851", "shutting down Cluster")
	for _, srv := range servers {
		srv.Close()
	}
	for n := 1; ; n++ {
		<-signals
		impatient(n)
	}
}

// impatient is the answer to a signal during a shutdown.
func impatient(n int) {
	if n == 2 {
		bar := strings.Repeat("!", 73)
		fmt.Fprintf(os.Stderr, "%s\nShutdown is taking too long! Press Ctrl-c again to manually kill cluster.\nNote that this may corrupt the local cluster state.\n%s\n\n\n", bar, bar)
	}
	if n >= 3 {
		fmt.Fprint(os.Stderr, "exiting cluster NOW")
		os.Exit(1)
	}
}

// stop is the clean end: peerstore rewritten when the peer was ready.
func (p *peer) stop(signals chan os.Signal) {
	go func() {
		for n := 2; ; n++ {
			<-signals
			impatient(n)
		}
	}()
	notify.Send("STOPPING=1")
	logx.Info("cluster", "ipfs-cluster/cluster.go:851", "shutting down Cluster")
	close(p.quit)
	p.mu.Lock()
	ready := p.ready
	p.mu.Unlock()
	if ready {
		p.savePeerstore()
	}
	for _, part := range [][3]string{
		{"restapi", "common/api.go:495", "stopping Cluster API"}, {"pinsvcapi", "common/api.go:495", "stopping Cluster API"},
		{"ipfsproxy", "ipfsproxy/ipfsproxy.go:302", "stopping IPFS Proxy"},
		{"crdt", "crdt/consensus.go:350", "stopping Consensus component"},
		{"monitor", "pubsubmon/pubsubmon.go:192", "stopping Monitor"},
		{"ipfshttp", "ipfshttp/ipfshttp.go:325", "stopping IPFS Connector"},
		{"pintracker", "stateless/stateless.go:270", "stopping StatelessPinTracker"},
	} {
		logx.Info(part[0], part[1], "%s", part[2])
	}
	time.Sleep(scaled(400 * time.Millisecond))
}
