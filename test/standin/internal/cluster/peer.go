package cluster

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"sync"
	"time"

	"standin/internal/capi"
	"standin/internal/logx"
	"standin/internal/maddr"
	"standin/internal/swarm"
)

const rpcProtocol = "/ipfscluster/1.0/rpc"

// peer is a running cluster peer.
type peer struct {
	set     *settings
	host    *swarm.Host
	ipfs    *connector
	name    string
	ping    time.Duration
	mu      sync.Mutex
	metrics map[string]map[string]capi.Metric // name, peer
	seen    map[string]bool                   // members, for alerts
	alerts  []capi.Alert
	trusted map[string]bool
	kubo    capi.IPFSID
	pins    *pinset
	tracker *tracker
	raft    *raft
	ready   bool
	quit    chan struct{}
}

func newPeer(s *settings) (*peer, error) {
	ipfs, err := newConnector(s)
	if err != nil {
		return nil, err
	}
	p := &peer{set: s, ipfs: ipfs, name: s.json.Text("cluster.peername"),
		ping: s.duration("cluster.monitor_ping_interval", 15*time.Second), metrics: map[string]map[string]capi.Metric{},
		seen: map[string]bool{}, trusted: map[string]bool{}, quit: make(chan struct{})}
	if p.name == "" {
		p.name, _ = os.Hostname()
	}
	for _, id := range s.json.Strings("consensus.crdt.trusted_peers") {
		p.trusted[id] = true
	}
	dial := s.duration("cluster.dial_peer_timeout", 3*time.Second)
	p.host = &swarm.Host{Key: s.key, PSK: s.secret, Agent: "ipfs-cluster/" + capi.Version, Gossip: true,
		DialTimeout: dial, AddrTimeout: 15 * time.Second, OnConnect: p.connected, Handlers: map[string]swarm.Handler{
			"id": p.rpcID, "metrics": p.rpcMetrics, "state": p.rpcState, "pins": p.rpcPins,
			"status": p.rpcStatus, "recover": p.rpcRecover, "block": p.rpcBlock, "links": p.rpcLinks, "gc": p.rpcGC}}
	if list := s.json.Strings("cluster.announce_multiaddress"); len(list) > 0 {
		p.host.Announce = func() []string { return list }
	}
	p.host.Start(nil)
	p.pins = newPinset(p)
	p.tracker = newTracker(p)
	if s.raft {
		p.raft = newRaft(p)
	}
	return p, nil
}

// trusts tells whether a peer may change the pin set and use this kubo.
// An empty list of trusted_peers trusts nobody but oneself.
func (p *peer) trusts(id string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.set.raft || p.trusted["*"] || p.trusted[id] || id == p.host.ID()
}

// importPeers takes the addresses of peerstore and peer_addresses.
func (p *peer) importPeers() {
	b, _ := os.ReadFile(filepath.Join(p.set.dir, "peerstore"))
	lines := strings.Split(string(b), "\n")
	for _, l := range append(lines, p.set.json.Strings("cluster.peer_addresses")...) {
		if !strings.HasPrefix(l, "/") {
			continue
		}
		if a, err := maddr.Parse(strings.TrimSpace(l)); err == nil {
			p.learn(a)
		}
	}
}

func (p *peer) learn(a maddr.Addr) string {
	t, id := a.Split()
	if id != "" && id != p.host.ID() && len(t) > 0 {
		p.host.AddAddrs(id, []string{t.String()})
	}
	return id
}

// dialLoop dials every known peer at the start and every 30 s after.
func (p *peer) dialLoop() {
	for {
		for _, id := range p.host.KnownPeers() {
			if p.host.Conn(id) == nil {
				go func(id string) { _ = p.host.Connect(context.Background(), id) }(id)
			}
		}
		if !p.wait(scaled(30 * time.Second)) {
			return
		}
	}
}

// scaled follows STANDIN_TICK, which stands for 5 s.
func scaled(d time.Duration) time.Duration {
	if t, err := time.ParseDuration(os.Getenv("STANDIN_TICK")); err == nil && t > 0 {
		return time.Duration(float64(d) * float64(t) / float64(5*time.Second))
	}
	return d
}

func (p *peer) wait(d time.Duration) bool {
	select {
	case <-p.quit:
		return false
	case <-time.After(d):
		return true
	}
}

func (p *peer) connected(id string) { p.pins.syncFrom(id) }

// savePeerstore writes every known peer but oneself, as a clean stop of the
// real program does once it was ready.
func (p *peer) savePeerstore() {
	var out strings.Builder
	for _, id := range p.host.KnownPeers() {
		for _, a := range p.publicAddrs(id) {
			out.WriteString(a + "/p2p/" + id + "\n")
		}
	}
	if err := os.WriteFile(filepath.Join(p.set.dir, "peerstore"), []byte(out.String()), 0o644); err != nil {
		logx.Error("cluster", "pstoremgr/pstoremgr.go:248", "could not save peer addresses: %v", err)
	}
}

// publicAddrs are the addresses of a peer without the loopback ones, unless
// there are no others.
func (p *peer) publicAddrs(id string) []string { return withoutLoopback(p.host.Addrs(id)) }

func withoutLoopback(list []string) []string {
	var out []string
	for _, text := range list {
		if a, err := maddr.Parse(text); err == nil && (a.IP() == nil || !a.IP().IsLoopback()) {
			out = append(out, text)
		}
	}
	if len(out) == 0 {
		return list
	}
	return out
}

// id describes this peer.
func (p *peer) id(ctx context.Context) capi.ID {
	me := capi.ID{ID: p.host.ID(), Version: capi.Version, RPCProtocolVersion: rpcProtocol, Peername: p.name,
		Addresses: []string{}, ClusterPeersAddresses: []string{}}
	for _, a := range p.host.OwnAddrs() {
		me.Addresses = append(me.Addresses, a+"/p2p/"+me.ID)
	}
	me.ClusterPeers = p.members()
	for _, id := range me.ClusterPeers {
		if id == me.ID {
			continue
		}
		for _, a := range p.publicAddrs(id) {
			me.ClusterPeersAddresses = append(me.ClusterPeersAddresses, a+"/p2p/"+id)
		}
	}
	me.IPFS, _ = p.ipfs.id(ctx)
	return me
}

// call asks another peer, connecting first.
func (p *peer) call(ctx context.Context, id, method string, body []byte) ([]byte, error) {
	if err := p.host.Connect(ctx, id); err != nil {
		return nil, err
	}
	c := p.host.Conn(id)
	if c == nil {
		return nil, swarm.ErrClosed
	}
	return c.Request(ctx, method, body)
}

// ids describes every member, unreachable ones with their error, in the order
// the answers come.
func (p *peer) ids(ctx context.Context, each func(capi.ID)) {
	ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	members := p.members()
	answers := make(chan capi.ID, len(members))
	for _, id := range members {
		go func(id string) {
			if id == p.host.ID() {
				answers <- p.id(ctx)
				return
			}
			out := capi.ID{}
			b, err := p.call(ctx, id, "id", nil)
			if err == nil {
				err = json.Unmarshal(b, &out)
			}
			if err != nil {
				out = capi.ID{ID: id, Error: err.Error()}
			}
			answers <- out
		}(id)
	}
	for range members {
		each(<-answers)
	}
}

// members are the peers of the cluster: with crdt those with a ping metric
// that has not expired.
func (p *peer) members() []string {
	if p.raft != nil {
		return p.raft.members()
	}
	now := time.Now().UnixNano()
	p.mu.Lock()
	defer p.mu.Unlock()
	var out []string
	for id, m := range p.metrics["ping"] {
		if m.Expire > now {
			out = append(out, id)
		}
	}
	sort.Strings(out)
	return out
}

func (p *peer) others() []string {
	var out []string
	for _, id := range p.members() {
		if id != p.host.ID() {
			out = append(out, id)
		}
	}
	return out
}
