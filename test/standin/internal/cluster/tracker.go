package cluster

import (
	"context"
	"sync"
	"time"

	"standin/internal/capi"
	"standin/internal/logx"
)

// operation is what this peer does or did for a pin.
type operation struct {
	status   string
	err      string
	attempts int
	at       time.Time
	cancel   context.CancelFunc
}

// tracker makes this peer's kubo follow the pin set.
type tracker struct {
	p     *peer
	mu    sync.Mutex
	ops   map[string]*operation
	slots chan struct{}
}

func newTracker(p *peer) *tracker {
	return &tracker{p: p, ops: map[string]*operation{},
		slots: make(chan struct{}, p.set.number("pin_tracker.stateless.concurrent_pins", 10))}
}

func (t *tracker) queued() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	n := 0
	for _, op := range t.ops {
		if op.status == "pin_queued" || op.status == "pinning" {
			n++
		}
	}
	return n
}

func mine(pin capi.Pin, id string) bool {
	if len(pin.Allocations) == 0 {
		return true
	}
	for _, a := range pin.Allocations {
		if a == id {
			return true
		}
	}
	return false
}

func (t *tracker) follow(e entry) {
	if e.Removed || !mine(e.Pin, t.p.host.ID()) {
		t.start(e.Pin.Cid, "unpin_queued", "unpinning", "unpin_error", t.p.ipfs.unpin)
		return
	}
	t.start(e.Pin.Cid, "pin_queued", "pinning", "pin_error", t.p.ipfs.pin)
}

func (t *tracker) start(cid, queued, running, failed string, work func(context.Context, string) error) {
	ctx, cancel := context.WithCancel(context.Background())
	op := &operation{status: queued, at: time.Now().UTC(), cancel: cancel}
	t.mu.Lock()
	if old := t.ops[cid]; old != nil {
		old.cancel()
		if queued == "pin_queued" {
			op.attempts = old.attempts
		}
	}
	t.ops[cid] = op
	t.mu.Unlock()
	go func() {
		defer cancel()
		select {
		case t.slots <- struct{}{}:
			defer func() { <-t.slots }()
		case <-ctx.Done():
			return
		}
		t.mu.Lock()
		op.status, op.attempts = running, op.attempts+1
		t.mu.Unlock()
		err := work(ctx, cid)
		t.mu.Lock()
		defer t.mu.Unlock()
		if t.ops[cid] != op {
			return
		}
		if err != nil {
			op.status, op.err, op.at = failed, err.Error(), time.Now().UTC()
			return
		}
		delete(t.ops, cid)
	}()
}

// status is the state of pins here; kubo is asked for those that no
// operation is under way for.
func (t *tracker) status(ctx context.Context, cids []string) map[string]capi.PinInfo {
	out := map[string]capi.PinInfo{}
	me := t.p.host.ID()
	t.p.mu.Lock()
	kubo := t.p.kubo
	t.p.mu.Unlock()
	var pinned map[string]bool
	var err error
	for _, c := range cids {
		info := capi.PinInfo{Peername: t.p.name, IPFSPeerID: kubo.ID, IPFSAddresses: withoutLoopback(kubo.Addresses),
			Timestamp: time.Now().UTC()}
		pin, ok := t.p.pins.get(c)
		t.mu.Lock()
		op := t.ops[c]
		if op != nil {
			info.Status, info.Error, info.AttemptCount, info.Timestamp = op.status, op.err, op.attempts, op.at
			info.PriorityPin = ok
		}
		t.mu.Unlock()
		switch {
		case op != nil:
		case !ok:
			info.Status = "unpinned"
		case !mine(pin, me):
			info.Status = "remote"
			info.Timestamp = pin.Timestamp
		default:
			if pinned == nil && err == nil {
				pinned, err = t.p.ipfs.allPinned(ctx)
			}
			info.Timestamp = pin.Timestamp
			switch {
			case err != nil:
				info.Status, info.Error = "cluster_error", err.Error()
			case pinned[c]:
				info.Status = "pinned"
			default:
				info.Status = "unexpectedly_unpinned"
			}
		}
		out[c] = info
	}
	return out
}

// recover starts again what failed or is missing in kubo.
func (t *tracker) recover(ctx context.Context, cids []string) {
	for c, info := range t.status(ctx, cids) {
		switch info.Status {
		case "pin_error", "unexpectedly_unpinned":
			logx.Info("pintracker", "stateless/stateless.go:636", "Restarting pin operation for %s", c)
			t.start(c, "pin_queued", "pinning", "pin_error", t.p.ipfs.pin)
		case "unpin_error":
			t.start(c, "unpin_queued", "unpinning", "unpin_error", t.p.ipfs.unpin)
		}
	}
}

func (t *tracker) recoverAll() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	var cids []string
	for _, pin := range t.p.pins.list() {
		cids = append(cids, pin.Cid)
	}
	t.recover(ctx, cids)
}

func (t *tracker) recoverLoop() {
	t.recoverAll()
	for t.p.wait(t.p.set.duration("cluster.pin_recover_interval", 12*time.Minute)) {
		t.recoverAll()
	}
}
