// Package maddr reads multiaddresses with the error texts of go-multiaddr
// (golden raw-05, raw-06).
package maddr

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"

	"standin/internal/cid"
)

// Part is one protocol with its value ("" when it takes none).
type Part struct{ Proto, Value string }

// Addr is a parsed multiaddress.
type Addr []Part

const (
	noValue = iota
	ip4
	ip6
	port
	name
	peer
	number
)

var protocols = map[string]int{
	"ip4": ip4, "ip6": ip6, "tcp": port, "udp": port, "dns": name, "dns4": name, "dns6": name,
	"dnsaddr": name, "p2p": peer, "ipfs": peer, "ipcidr": number, "certhash": name, "sni": name,
	"quic": noValue, "quic-v1": noValue, "webtransport": noValue, "webrtc-direct": noValue,
	"ws": noValue, "wss": noValue, "tls": noValue, "http": noValue, "https": noValue,
	"p2p-circuit": noValue, "noise": noValue, "unix": name, "ip6zone": name,
}

// Parse reads the text form.
func Parse(s string) (Addr, error) {
	a, err := parse(s)
	if err != nil {
		return nil, fmt.Errorf("failed to parse multiaddr %q: %w", s, err)
	}
	return a, nil
}

func parse(s string) (Addr, error) {
	s = strings.TrimRight(s, "/")
	parts := strings.Split(s, "/")
	if s == "" {
		return nil, errors.New("empty multiaddr")
	}
	if parts[0] != "" {
		return nil, errors.New("must begin with /")
	}
	parts = parts[1:]
	var out Addr
	for len(parts) > 0 {
		proto := parts[0]
		kind, known := protocols[proto]
		if !known {
			return nil, fmt.Errorf("unknown protocol %s", proto)
		}
		parts = parts[1:]
		if kind == noValue {
			out = append(out, Part{Proto: proto})
			continue
		}
		if len(parts) == 0 {
			return nil, errors.New("unexpected end of multiaddr")
		}
		value, err := check(kind, parts[0])
		if err != nil {
			return nil, fmt.Errorf("invalid value %q for protocol %s: %w", parts[0], canonical(proto), err)
		}
		out = append(out, Part{canonical(proto), value})
		parts = parts[1:]
	}
	return out, nil
}

func canonical(proto string) string {
	if proto == "ipfs" {
		return "p2p"
	}
	return proto
}

func check(kind int, v string) (string, error) {
	switch kind {
	case ip4:
		if ip := net.ParseIP(v); ip == nil || ip.To4() == nil || strings.Contains(v, ":") {
			return "", fmt.Errorf("failed to parse ip4 addr: %s", v)
		}
	case ip6:
		ip := net.ParseIP(v)
		if ip == nil || !strings.Contains(v, ":") {
			return "", fmt.Errorf("failed to parse ip6 addr: %s", v)
		}
		return ip.String(), nil
	case port:
		if _, err := strconv.ParseUint(v, 10, 16); err != nil {
			return "", fmt.Errorf("failed to parse port addr: %w", err)
		}
	case number:
		if _, err := strconv.ParseUint(v, 10, 8); err != nil {
			return "", fmt.Errorf("failed to parse ipcidr addr: %w", err)
		}
	case peer:
		id, err := cid.PeerID(v)
		if err != nil {
			return "", fmt.Errorf("failed to parse p2p addr: %s %w", v, err)
		}
		return id, nil
	}
	return v, nil
}

// String is the canonical text form.
func (a Addr) String() string {
	var b strings.Builder
	for _, p := range a {
		b.WriteString("/" + p.Proto)
		if p.Value != "" {
			b.WriteString("/" + p.Value)
		}
	}
	return b.String()
}

// Value is the value of the first part of a protocol, "" when absent.
func (a Addr) Value(proto string) string {
	for _, p := range a {
		if p.Proto == proto {
			return p.Value
		}
	}
	return ""
}

// Has tells whether the protocol is in the address.
func (a Addr) Has(proto string) bool {
	for _, p := range a {
		if p.Proto == proto {
			return true
		}
	}
	return false
}

// Split takes a trailing /p2p/ID off.
func (a Addr) Split() (transport Addr, id string) {
	if n := len(a); n > 0 && a[n-1].Proto == "p2p" {
		return a[:n-1], a[n-1].Value
	}
	return a, ""
}

// TCP gives network ("tcp", "tcp4", "tcp6") and host:port of a plain TCP address;
// ok is false for every other kind.
func (a Addr) TCP() (network, hostport string, ok bool) {
	if len(a) != 2 || a[1].Proto != "tcp" {
		return "", "", false
	}
	switch a[0].Proto {
	case "ip4":
		return "tcp4", net.JoinHostPort(a[0].Value, a[1].Value), true
	case "ip6":
		return "tcp6", net.JoinHostPort(a[0].Value, a[1].Value), true
	case "dns":
		return "tcp", net.JoinHostPort(a[0].Value, a[1].Value), true
	case "dns4":
		return "tcp4", net.JoinHostPort(a[0].Value, a[1].Value), true
	case "dns6":
		return "tcp6", net.JoinHostPort(a[0].Value, a[1].Value), true
	}
	return "", "", false
}

// IP is the address's IP, nil when it has none.
func (a Addr) IP() net.IP {
	if v := a.Value("ip4"); v != "" {
		return net.ParseIP(v)
	}
	return net.ParseIP(a.Value("ip6"))
}

// CIDR reads an ipcidr filter such as /ip4/10.0.0.0/ipcidr/8.
func (a Addr) CIDR() *net.IPNet {
	bits, ip := a.Value("ipcidr"), a.IP()
	if bits == "" || ip == nil {
		return nil
	}
	_, n, err := net.ParseCIDR(ip.String() + "/" + bits)
	if err != nil {
		return nil
	}
	return n
}

// FromNet writes a TCP socket address as a multiaddress.
func FromNet(addr net.Addr) Addr {
	t, ok := addr.(*net.TCPAddr)
	if !ok {
		return nil
	}
	return FromIP(t.IP, strconv.Itoa(t.Port))
}

// FromIP writes an IP and a TCP port as a multiaddress.
func FromIP(ip net.IP, port string) Addr {
	proto := "ip6"
	if ip.To4() != nil {
		proto = "ip4"
	}
	return Addr{{proto, ip.String()}, {"tcp", port}}
}
