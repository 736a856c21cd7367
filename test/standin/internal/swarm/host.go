// Package swarm is the stand-in for libp2p: peers that really connect over
// TCP, prove the network's key and their ids to each other, tell each other
// whom they know, and exchange requests. The texts of failed dials are those
// measured (ipfs-operations.md 1.7, golden raw-05, raw-08, raw-10).
package swarm

import (
	"context"
	"encoding/json"
	"sync"
	"time"

	"standin/internal/maddr"
	"standin/internal/peerid"
)

// Handler answers one request or note.
type Handler func(c *Conn, body []byte) ([]byte, error)

// Host is one program's side of the network. Set the fields before Listen.
type Host struct {
	Key         peerid.Key
	PSK         []byte // nil: a public network
	Agent       string
	Gossip      bool                  // dial the peers others tell of
	DialTimeout time.Duration         // for a whole dial
	AddrTimeout time.Duration         // for one address
	Blocked     func(maddr.Addr) bool // address filters; may be nil
	Announce    func() []string       // own addresses to tell; nil: those listened on
	OnConnect   func(id string)       // first connection to a peer
	OnGone      func(id string)       // last connection to a peer closed
	Handlers    map[string]Handler

	id      string
	mu      sync.Mutex
	conns   map[string][]*Conn
	addrs   map[string][]string
	backoff map[string]*backoff
	dials   map[string]*dialing
	trap    map[string]bool
	parted  map[string]time.Time
	listens []maddr.Addr
	stop    func()
	closed  bool
}

// Start readies the host's tables; trapped are the peers of the Bootstrap
// list at daemon start.
//
// Fact 13: such a peer connects and exchanges no blocks, in either direction,
// until it has been disconnected and connected again. With the real program
// some of these pairs break; here all do.
func (h *Host) Start(trapped []string) {
	h.id = h.Key.ID()
	h.conns, h.addrs = map[string][]*Conn{}, map[string][]string{}
	h.backoff, h.dials = map[string]*backoff{}, map[string]*dialing{}
	h.trap, h.parted = map[string]bool{}, map[string]time.Time{}
	for _, id := range trapped {
		h.trap[id] = id != h.id
	}
	if h.Handlers == nil {
		h.Handlers = map[string]Handler{}
	}
	h.Handlers["peers"] = h.onPeers
}

// ID is the host's peer id.
func (h *Host) ID() string { return h.id }

func (h *Host) handle(c *Conn, method string, body []byte) ([]byte, error) {
	f := h.Handlers[method]
	if f == nil {
		return nil, errUnknown(method)
	}
	return f(c, body)
}

type errUnknown string

func (e errUnknown) Error() string { return "protocols not supported: [" + string(e) + "]" }

func (h *Host) trapsPeer(id string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.trap[id]
}

// MayExchange tells whether blocks may go between us and a connected peer.
func (h *Host) MayExchange(id string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.trap[id] || len(h.conns[id]) == 0 {
		return false
	}
	for _, c := range h.conns[id] {
		if c.trapped {
			return false
		}
	}
	return true
}

// add takes a connection in; false when the host is closing.
func (h *Host) add(c *Conn) bool {
	h.mu.Lock()
	if h.closed {
		h.mu.Unlock()
		return false
	}
	first := len(h.conns[c.Peer]) == 0
	h.conns[c.Peer] = append(h.conns[c.Peer], c)
	h.mu.Unlock()
	if first {
		if h.OnConnect != nil {
			go h.OnConnect(c.Peer)
		}
		go h.tellPeers(c)
	}
	return true
}

func (h *Host) forget(c *Conn) {
	h.mu.Lock()
	list := h.conns[c.Peer]
	found := false
	for i := range list {
		if list[i] == c {
			list = append(append([]*Conn{}, list[:i]...), list[i+1:]...)
			found = true
			break
		}
	}
	last := found && len(list) == 0
	if last {
		delete(h.conns, c.Peer)
		delete(h.trap, c.Peer)
	} else {
		h.conns[c.Peer] = list
	}
	if len(list) == 0 {
		delete(h.conns, c.Peer)
	}
	h.mu.Unlock()
	if last && h.OnGone != nil {
		go h.OnGone(c.Peer)
	}
}

// Conns lists the live connections.
func (h *Host) Conns() []*Conn {
	h.mu.Lock()
	defer h.mu.Unlock()
	var out []*Conn
	for _, list := range h.conns {
		out = append(out, list...)
	}
	return out
}

// Peers lists the connected peers.
func (h *Host) Peers() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	var out []string
	for id := range h.conns {
		out = append(out, id)
	}
	return out
}

// Conn is a live connection to a peer, or nil.
func (h *Host) Conn(id string) *Conn {
	h.mu.Lock()
	defer h.mu.Unlock()
	if list := h.conns[id]; len(list) > 0 {
		return list[0]
	}
	return nil
}

// Part keeps a peer from being dialled for half a minute because others tell
// of it.
func (h *Host) Part(id string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.parted[id] = time.Now()
}

// Disconnect closes every connection to a peer.
func (h *Host) Disconnect(id string) {
	h.Part(id)
	h.mu.Lock()
	list := append([]*Conn{}, h.conns[id]...)
	h.mu.Unlock()
	for _, c := range list {
		c.Close()
	}
}

type known struct {
	ID    string   `json:"id"`
	Addrs []string `json:"addrs"`
}

// tellPeers tells a new peer whom we are connected to, and those of the new
// peer: the stand-in for the DHT's routing tables.
func (h *Host) tellPeers(c *Conn) {
	var others []known
	for _, id := range h.Peers() {
		if id == c.Peer {
			continue
		}
		others = append(others, known{id, h.usable(id, c.loopback())})
		if other := h.Conn(id); other != nil {
			body, _ := json.Marshal([]known{{c.Peer, h.usable(c.Peer, other.loopback())}})
			other.Note("peers", body)
		}
	}
	if len(others) > 0 {
		body, _ := json.Marshal(others)
		c.Note("peers", body)
	}
}

func (h *Host) onPeers(c *Conn, body []byte) ([]byte, error) {
	var list []known
	if err := json.Unmarshal(body, &list); err != nil || !h.Gossip {
		return nil, err
	}
	for _, k := range list {
		h.mu.Lock()
		skip := k.ID == h.id || len(h.conns[k.ID]) > 0 || time.Since(h.parted[k.ID]) < 30*time.Second
		h.mu.Unlock()
		if !skip && len(k.Addrs) > 0 {
			h.AddAddrs(k.ID, k.Addrs)
			go func(id string) { _ = h.Connect(context.Background(), id) }(k.ID)
		}
	}
	return nil, nil
}
