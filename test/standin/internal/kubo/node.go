package kubo

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sort"
	"sync"
	"time"

	"standin/internal/maddr"
	"standin/internal/swarm"
)

// Node is a repo with its blocks and, in a daemon, its network.
type Node struct {
	repo    *Repo
	store   *store
	host    *swarm.Host // nil when offline
	mu      sync.Mutex
	peering map[string][]string // peers kept connected, with their addresses
	quit    chan struct{}
	leave   sync.Once
	changed chan struct{} // a peer connected
}

func newNode(r *Repo) *Node {
	return &Node{repo: r, store: &store{path: r.path}, peering: map[string][]string{},
		quit: make(chan struct{}), changed: make(chan struct{}, 1)}
}

var errOffline = errors.New("this action must be run in online mode, try running 'ipfs daemon' first")

func (n *Node) online() error {
	if n.host == nil {
		return errOffline
	}
	return nil
}

// peeringOnline says the same in other words, as the real program does.
func (n *Node) peeringOnline() error {
	if n.host == nil {
		return errors.New("this command must be run in online mode. Try running 'ipfs daemon' first")
	}
	return nil
}

// tick is the pace of redials: 5 s like the real peering service, unless
// STANDIN_TICK says otherwise.
func tick() time.Duration {
	if d, err := time.ParseDuration(os.Getenv("STANDIN_TICK")); err == nil && d > 0 {
		return d
	}
	return 5 * time.Second
}

func blocked(filters []string) func(maddr.Addr) bool {
	return func(a maddr.Addr) bool {
		ip := a.IP()
		for _, f := range filters {
			m, err := maddr.Parse(f)
			if err != nil || ip == nil {
				continue
			}
			if n := m.CIDR(); n != nil && n.Contains(ip) {
				return true
			}
		}
		return false
	}
}

// goOnline starts the network of a daemon.
func (n *Node) goOnline(psk []byte) error {
	cfg := n.repo.config()
	var trapped []string
	var first []maddr.Addr
	for _, text := range cfg.list("Bootstrap") {
		if text == "auto" {
			continue
		}
		a, err := maddr.Parse(text)
		if err != nil {
			return err
		}
		_, id := a.Split()
		if id == "" {
			return errors.New("invalid p2p multiaddr")
		}
		trapped = append(trapped, id)
		first = append(first, a)
	}
	for _, f := range cfg.list("Swarm.AddrFilters") {
		if m, err := maddr.Parse(f); err != nil || m.CIDR() == nil {
			return fmt.Errorf("incorrectly formatted address filter in config: %s", f)
		}
	}
	h := &swarm.Host{Key: n.repo.key, PSK: psk, Agent: "kubo/" + Version,
		Gossip: cfg.text("Routing.Type") != "none", AddrTimeout: 5 * time.Second, DialTimeout: 15 * time.Second,
		Blocked: blocked(cfg.list("Swarm.AddrFilters")), Announce: n.announced,
		OnConnect: func(string) { n.poke() },
		Handlers:  map[string]swarm.Handler{"block": n.serveBlock, "has": n.serveHas}}
	n.host = h
	h.Start(trapped)
	if err := h.Listen(cfg.list("Addresses.Swarm")); err != nil {
		n.host = nil
		return err
	}
	for _, a := range first {
		n.learn(a)
	}
	for _, p := range cfg.peeringPeers() {
		n.keep(p.ID, p.Addrs)
	}
	go n.bootstrapLoop()
	go n.peeringLoop()
	return nil
}

// announced are the addresses told to others: Announce instead of those
// listened on, AppendAnnounce with them, NoAnnounce and AddrFilters without.
func (n *Node) announced() []string {
	cfg := n.repo.config()
	list := cfg.list("Addresses.Announce")
	if len(list) == 0 {
		list = n.host.OwnAddrs()
	}
	list = append(append([]string{}, list...), cfg.list("Addresses.AppendAnnounce")...)
	hidden := append(cfg.list("Addresses.NoAnnounce"), cfg.list("Swarm.AddrFilters")...)
	deny := blocked(hidden)
	out := []string{}
	for _, text := range list {
		a, err := maddr.Parse(text)
		if err == nil && !deny(a) && !contains(hidden, text) {
			out = append(out, text)
		}
	}
	return out
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

func (n *Node) learn(a maddr.Addr) string {
	t, id := a.Split()
	if len(t) > 0 && id != "" {
		n.host.AddAddrs(id, []string{t.String()})
	}
	return id
}

func (n *Node) keep(id string, addrs []string) {
	var plain []string
	for _, text := range addrs {
		if a, err := maddr.Parse(text); err == nil {
			t, _ := a.Split()
			plain = append(plain, t.String())
		}
	}
	n.mu.Lock()
	n.peering[id] = plain
	n.mu.Unlock()
	n.host.AddAddrs(id, plain)
}

// bootstrapLoop dials the Bootstrap list at once, then every 30 s while fewer
// than four peers are connected; it reads the list anew each round.
func (n *Node) bootstrapLoop() {
	for {
		if len(n.host.Peers()) < 4 {
			for _, text := range n.repo.config().list("Bootstrap") {
				a, err := maddr.Parse(text)
				if err != nil {
					continue
				}
				if id := n.learn(a); id != "" && id != n.host.ID() {
					go func() { _ = n.host.Connect(context.Background(), id) }()
				}
			}
		}
		select {
		case <-n.quit:
			return
		case <-time.After(6 * tick()):
		}
	}
}

// peeringLoop dials the peers of Peering first 5 s after the start.
func (n *Node) peeringLoop() {
	for {
		select {
		case <-n.quit:
			return
		case <-time.After(tick()):
		}
		n.mu.Lock()
		for id := range n.peering {
			if id != n.host.ID() && n.host.Conn(id) == nil {
				go func(id string) { _ = n.host.Connect(context.Background(), id) }(id)
			}
		}
		n.mu.Unlock()
	}
}

func (n *Node) poke() {
	select {
	case n.changed <- struct{}{}:
	default:
	}
}

func (n *Node) fullAddrs() []string {
	out := []string{}
	for _, a := range n.announced() {
		out = append(out, a+"/p2p/"+n.host.ID())
	}
	if len(out) == 0 {
		out = append(out, "/p2p/"+n.host.ID())
	}
	sort.Strings(out)
	return out
}

func (n *Node) shutdown() {
	n.leave.Do(func() { close(n.quit) })
}
