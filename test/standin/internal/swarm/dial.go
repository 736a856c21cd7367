package swarm

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"syscall"
	"time"

	"standin/internal/knob"
	"standin/internal/maddr"
)

// dialing is a dial under way; whoever wants the same peer waits for it.
type dialing struct {
	done chan struct{}
	err  error
}

// Connect makes sure there is a connection to a peer whose addresses are
// known. The error starts with "failed to dial: ".
func (h *Host) Connect(ctx context.Context, id string) error {
	if h.Conn(id) != nil {
		return nil
	}
	if id == h.id {
		return errors.New("failed to dial: dial to self attempted")
	}
	if h.DialTimeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, h.DialTimeout)
		defer cancel()
	}
	d := h.shareDial(id)
	var err error
	select {
	case <-d.done:
		err = d.err
	case <-ctx.Done():
		err = ctx.Err()
	}
	if err != nil {
		return fmt.Errorf("failed to dial: %w", err)
	}
	return nil
}

func (h *Host) shareDial(id string) *dialing {
	h.mu.Lock()
	defer h.mu.Unlock()
	if d := h.dials[id]; d != nil {
		return d
	}
	d := &dialing{done: make(chan struct{})}
	h.dials[id] = d
	go func() {
		ctx, cancel := context.Background(), func() {}
		if h.DialTimeout > 0 {
			ctx, cancel = context.WithTimeout(ctx, h.DialTimeout)
		}
		defer cancel()
		if d.err = h.dialAll(ctx, id); d.err != nil && ctx.Err() != nil {
			d.err = ctx.Err()
		}
		h.mu.Lock()
		delete(h.dials, id)
		h.mu.Unlock()
		close(d.done)
	}()
	return d
}

type attempt struct {
	addr string
	conn *Conn
	err  error
}

func (h *Host) dialAll(ctx context.Context, id string) error {
	addrs := h.Addrs(id)
	if len(addrs) == 0 {
		return fmt.Errorf("failed to dial %s: no addresses", id)
	}
	results := make(chan attempt, len(addrs))
	var lines []string
	running, gated := 0, 0
	for _, a := range addrs {
		m, err := maddr.Parse(a)
		switch {
		case err == nil && h.Blocked != nil && h.Blocked(m):
			gated++
			lines = append(lines, line(a, errors.New("gater disallows connection to peer")))
		case contains(h.OwnAddrs(), a):
			lines = append(lines, line(a, errors.New("dial to self attempted")))
		case h.backedOff(id, a):
			lines = append(lines, line(a, errors.New("dial backoff")))
		default:
			running++
			go func(text string) {
				c, err := h.dialOne(ctx, id, text)
				results <- attempt{text, c, err}
			}(a)
		}
	}
	if gated == len(addrs) {
		return fmt.Errorf("failed to dial %s: no good addresses%s", id, strings.Join(lines, ""))
	}
	for ; running > 0; running-- {
		select {
		case r := <-results:
			if r.err == nil {
				return nil
			}
			if ctx.Err() == nil {
				h.failed(id, r.addr)
			}
			lines = append(lines, line(r.addr, r.err))
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return fmt.Errorf("failed to dial %s: all dials failed%s", id, strings.Join(lines, ""))
}

func line(addr string, err error) string { return fmt.Sprintf("\n  * [%s] %v", addr, err) }

func (h *Host) dialOne(ctx context.Context, id, text string) (*Conn, error) {
	a, err := maddr.Parse(text)
	if err != nil {
		return nil, err
	}
	network, hostport, ok := a.TCP()
	if !ok {
		return nil, errors.New("no transport for protocol")
	}
	until := time.Now().Add(h.AddrTimeout)
	if d, ok := ctx.Deadline(); ok && d.Before(until) {
		until = d.Add(100 * time.Millisecond) // the whole dial's end comes first
	}
	raw, err := h.open(ctx, until, a, network, hostport)
	if err != nil {
		return nil, err
	}
	if knob.Dropped(id) {
		raw.Close()
		<-time.After(time.Until(until))
		return nil, context.DeadlineExceeded
	}
	_ = raw.SetDeadline(until)
	if _, err := dialHandshake(raw, h.PSK, h.Key, id); err != nil {
		raw.Close()
		return nil, fmt.Errorf("failed to negotiate security protocol: %w", plain(err))
	}
	c, err := h.upgrade(raw, id, true)
	if err != nil {
		raw.Close()
		return nil, fmt.Errorf("failed to negotiate stream multiplexer: %w", plain(err))
	}
	return c, nil
}

// open connects from the port listened on, as libp2p does, so that the other
// side sees that port; when it is taken by a connection already, from any.
func (h *Host) open(ctx context.Context, until time.Time, to maddr.Addr, network, hostport string) (net.Conn, error) {
	dialer := net.Dialer{Deadline: until}
	if from := h.localFor(to); from != nil {
		bound := net.Dialer{Deadline: until, LocalAddr: from, Control: reusePort}
		raw, err := bound.DialContext(ctx, network, hostport)
		if !errors.Is(err, syscall.EADDRNOTAVAIL) && !errors.Is(err, syscall.EADDRINUSE) {
			var op *net.OpError
			if errors.As(err, &op) {
				op.Source = nil // the real text names only the far end
			}
			return raw, err
		}
	}
	return dialer.DialContext(ctx, network, hostport)
}

// localFor is the listener's address to dial from; a loopback one only to
// loopback.
func (h *Host) localFor(to maddr.Addr) net.Addr {
	h.mu.Lock()
	defer h.mu.Unlock()
	ip := to.IP()
	for _, l := range h.listens {
		own := l.IP()
		if ip == nil || own == nil || (own.To4() == nil) != (ip.To4() == nil) {
			continue
		}
		if own.IsUnspecified() || own.IsLoopback() == ip.IsLoopback() {
			port, _ := strconv.Atoi(l.Value("tcp"))
			return &net.TCPAddr{IP: own, Port: port}
		}
	}
	return nil
}

func plain(err error) error {
	var n net.Error
	if errors.As(err, &n) && n.Timeout() {
		return context.DeadlineExceeded
	}
	return err
}

func (h *Host) upgrade(raw net.Conn, id string, out bool) (*Conn, error) {
	c := &Conn{Peer: id, Outbound: out, Opened: time.Now(), raw: raw, host: h,
		w: bufio.NewWriter(raw), waiting: map[uint64]chan frame{}, closed: make(chan struct{})}
	r := bufio.NewReader(raw)
	if err := c.greet(r); err != nil {
		return nil, err
	}
	_ = raw.SetDeadline(time.Time{})
	if !h.add(c) {
		return nil, ErrClosed
	}
	go c.readLoop(r)
	return c, nil
}
