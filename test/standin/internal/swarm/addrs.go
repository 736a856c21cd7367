package swarm

import (
	"net"
	"sort"
	"time"

	"standin/internal/maddr"
)

// AddAddrs remembers addresses (without /p2p) of a peer.
func (h *Host) AddAddrs(id string, addrs []string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, a := range addrs {
		if !contains(h.addrs[id], a) {
			h.addrs[id] = append(h.addrs[id], a)
		}
	}
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

// Addrs are the known addresses of a peer.
func (h *Host) Addrs(id string) []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]string{}, h.addrs[id]...)
}

// KnownPeers lists every peer an address is known of, in order of id.
func (h *Host) KnownPeers() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	var out []string
	for id, a := range h.addrs {
		if id != h.id && len(a) > 0 {
			out = append(out, id)
		}
	}
	sort.Strings(out)
	return out
}

func isLoopback(text string) bool {
	a, err := maddr.Parse(text)
	return err == nil && a.IP() != nil && a.IP().IsLoopback()
}

// usable are the addresses of a peer worth telling: loopback ones only to a
// peer on this machine.
func (h *Host) usable(id string, loopback bool) []string {
	var out []string
	for _, a := range h.Addrs(id) {
		if loopback || !isLoopback(a) {
			out = append(out, a)
		}
	}
	return out
}

func (h *Host) shareable(loopback bool) []string {
	list := h.OwnAddrs()
	if h.Announce != nil {
		list = h.Announce()
	}
	out := []string{}
	for _, a := range list {
		if loopback || !isLoopback(a) {
			out = append(out, a)
		}
	}
	return out
}

// OwnAddrs are the addresses listened on, 0.0.0.0 and :: spelled out by
// interface, sorted.
func (h *Host) OwnAddrs() []string {
	h.mu.Lock()
	listens := append([]maddr.Addr{}, h.listens...)
	h.mu.Unlock()
	var out []string
	for _, l := range listens {
		ip := l.IP()
		if ip == nil || !ip.IsUnspecified() {
			out = append(out, l.String())
			continue
		}
		for _, local := range interfaceIPs(ip.To4() != nil) {
			out = append(out, maddr.FromIP(local, l.Value("tcp")).String())
		}
	}
	sort.Strings(out)
	return out
}

func interfaceIPs(v4 bool) []net.IP {
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		return nil
	}
	var out []net.IP
	for _, a := range addrs {
		n, ok := a.(*net.IPNet)
		if ok && (n.IP.To4() != nil) == v4 && !n.IP.IsLinkLocalUnicast() {
			out = append(out, n.IP)
		}
	}
	return out
}

// backoff holds back dials of an address that failed: 5 s, then longer with
// the square of the failures (golden raw-10).
type backoff struct {
	tries int
	until time.Time
}

func (h *Host) backedOff(id, addr string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	b := h.backoff[id+addr]
	return b != nil && time.Now().Before(b.until)
}

func (h *Host) failed(id, addr string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	b := h.backoff[id+addr]
	if b == nil {
		h.backoff[id+addr] = &backoff{1, time.Now().Add(5 * time.Second)}
		return
	}
	wait := 5*time.Second + time.Duration(b.tries*b.tries)*time.Second
	if wait > 5*time.Minute {
		wait = 5 * time.Minute
	}
	b.tries, b.until = b.tries+1, time.Now().Add(wait)
}

// ClearBackoff lets the next dial of a peer try every address.
func (h *Host) ClearBackoff(id string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, a := range h.addrs[id] {
		delete(h.backoff, id+a)
	}
}
