package swarm

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"net"
	"sync"
	"time"

	"standin/internal/maddr"
)

// ErrClosed is the answer when a connection ends under a request.
var ErrClosed = errors.New("stream reset")

// hello is what both sides tell each other right after the handshake.
type hello struct {
	Agent string   `json:"agent"`
	Addrs []string `json:"addrs"`
	Trap  bool     `json:"trap,omitempty"` // see Host.Trap
}

// Conn is one live connection.
type Conn struct {
	Peer     string
	Agent    string
	Outbound bool
	Opened   time.Time
	trapped  bool // the other side said so
	raw      net.Conn
	host     *Host
	mu       sync.Mutex
	w        *bufio.Writer
	next     uint64
	waiting  map[uint64]chan frame
	closed   chan struct{}
	once     sync.Once
}

// Remote is the other end's socket address.
func (c *Conn) Remote() maddr.Addr { return maddr.FromNet(c.raw.RemoteAddr()) }

func (c *Conn) loopback() bool {
	ip := c.Remote().IP()
	return ip != nil && ip.IsLoopback()
}

// Close ends the connection.
func (c *Conn) Close() {
	c.once.Do(func() {
		close(c.closed)
		c.raw.Close()
		c.host.forget(c)
	})
}

func (c *Conn) send(f frame) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	_ = c.raw.SetWriteDeadline(time.Now().Add(30 * time.Second))
	return writeFrame(c.w, f)
}

// greet sends our hello and reads theirs.
func (c *Conn) greet(r *bufio.Reader) error {
	mine := hello{c.host.Agent, c.host.shareable(c.loopback()), c.host.trapsPeer(c.Peer)}
	body, err := json.Marshal(mine)
	if err != nil {
		return err
	}
	if err := c.send(frame{Method: "hello", body: body}); err != nil {
		return err
	}
	f, err := readFrame(r)
	if err != nil {
		return err
	}
	var theirs hello
	if err := json.Unmarshal(f.body, &theirs); err != nil {
		return err
	}
	c.Agent, c.trapped = theirs.Agent, theirs.Trap
	c.host.AddAddrs(c.Peer, theirs.Addrs)
	return nil
}

func (c *Conn) readLoop(r *bufio.Reader) {
	defer c.Close()
	for {
		f, err := readFrame(r)
		if err != nil {
			return
		}
		switch {
		case f.Method != "" && f.ID != 0:
			go c.answer(f)
		case f.Method != "":
			go func() { _, _ = c.host.handle(c, f.Method, f.body) }()
		default:
			c.mu.Lock()
			ch := c.waiting[f.ID]
			delete(c.waiting, f.ID)
			c.mu.Unlock()
			if ch != nil {
				ch <- f
			}
		}
	}
}

func (c *Conn) answer(f frame) {
	body, err := c.host.handle(c, f.Method, f.body)
	res := frame{ID: f.ID, body: body}
	if err != nil {
		res.Error, res.body = err.Error(), nil
	}
	if c.send(res) != nil {
		c.Close()
	}
}

// Request asks the other side and waits for its answer.
func (c *Conn) Request(ctx context.Context, method string, body []byte) ([]byte, error) {
	ch := make(chan frame, 1)
	c.mu.Lock()
	c.next++
	id := c.next
	c.waiting[id] = ch
	c.mu.Unlock()
	if err := c.send(frame{ID: id, Method: method, body: body}); err != nil {
		c.Close()
		return nil, ErrClosed
	}
	select {
	case f := <-ch:
		if f.Error != "" {
			return nil, errors.New(f.Error)
		}
		return f.body, nil
	case <-c.closed:
		return nil, ErrClosed
	case <-ctx.Done():
		c.mu.Lock()
		delete(c.waiting, id)
		c.mu.Unlock()
		return nil, ctx.Err()
	}
}

// Note tells the other side something without an answer.
func (c *Conn) Note(method string, body []byte) {
	if c.send(frame{Method: method, body: body}) != nil {
		c.Close()
	}
}
