package swarm

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"syscall"
	"time"

	"standin/internal/knob"
	"standin/internal/maddr"
)

// soReusePort is SO_REUSEPORT on Linux. With it two programs of one user take
// the same port without an error (fact 16).
const soReusePort = 0xf

func reusePort(_, _ string, c syscall.RawConn) error {
	return c.Control(func(fd uintptr) {
		_ = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1)
		_ = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, soReusePort, 1)
	})
}

// Listen opens the listeners. Addresses of other transports are skipped; when
// nothing is left it fails like the real programs do.
func (h *Host) Listen(addrs []string) error {
	var listeners []net.Listener
	var failures []string
	for _, text := range addrs {
		a, err := maddr.Parse(text)
		if err != nil {
			return err
		}
		network, hostport, ok := a.TCP()
		if !ok {
			failures = append(failures, "no transport for protocol")
			continue
		}
		lc := net.ListenConfig{Control: reusePort}
		l, err := lc.Listen(context.Background(), network, hostport)
		if err != nil {
			failures = append(failures, err.Error())
			continue
		}
		listeners = append(listeners, l)
		h.mu.Lock()
		h.listens = append(h.listens, maddr.Addr{a[0], {Proto: "tcp", Value: portOf(l)}})
		h.mu.Unlock()
	}
	if len(listeners) == 0 && len(addrs) > 0 {
		return fmt.Errorf("failed to listen on any addresses: [%s]", strings.Join(failures, " "))
	}
	h.stop = func() {
		for _, l := range listeners {
			l.Close()
		}
	}
	for _, l := range listeners {
		go h.accept(l)
	}
	return nil
}

func portOf(l net.Listener) string {
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return port
}

func (h *Host) accept(l net.Listener) {
	for {
		raw, err := l.Accept()
		if err != nil {
			return
		}
		go h.incoming(raw)
	}
}

func (h *Host) incoming(raw net.Conn) {
	remote := maddr.FromNet(raw.RemoteAddr())
	if h.Blocked != nil && remote != nil && h.Blocked(remote) {
		reset(raw)
		return
	}
	if knob.Closed() {
		stall(raw)
		return
	}
	_ = raw.SetDeadline(time.Now().Add(15 * time.Second))
	id, err := listenHandshake(raw, h.PSK, h.Key)
	switch {
	case errors.Is(err, errWrongKey):
		return
	case err == nil && knob.Dropped(id):
		stall(raw)
		return
	case err != nil || id == h.id:
		reset(raw)
		return
	}
	if _, err := h.upgrade(raw, id, false); err != nil {
		raw.Close()
	}
}

// Close ends listeners and connections.
func (h *Host) Close() {
	h.mu.Lock()
	h.closed = true
	h.mu.Unlock()
	if h.stop != nil {
		h.stop()
	}
	for _, c := range h.Conns() {
		c.Close()
	}
}
