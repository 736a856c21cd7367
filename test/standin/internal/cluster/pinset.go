package cluster

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"sync"
	"time"

	"standin/internal/capi"
)

// entry is a pin or the mark of a removed one; the later one wins everywhere.
type entry struct {
	Pin     capi.Pin `json:"pin"`
	Removed bool     `json:"removed,omitempty"`
	At      int64    `json:"at"`
	By      string   `json:"by"`
}

// pinset is the shared state, kept in the folder of the consensus.
type pinset struct {
	p       *peer
	mu      sync.Mutex
	entries map[string]entry
}

func statePath(s *settings) string {
	if s.raft {
		return filepath.Join(s.dir, "raft", "pins.json")
	}
	return filepath.Join(s.dir, "pebble", "pins.json")
}

func readState(s *settings) map[string]entry {
	out := map[string]entry{}
	if b, err := os.ReadFile(statePath(s)); err == nil {
		_ = json.Unmarshal(b, &out)
	}
	return out
}

func writeState(s *settings, entries map[string]entry) error {
	b, err := json.Marshal(entries)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(statePath(s)), 0o700); err != nil {
		return err
	}
	return writeFile(statePath(s), b, 0o600)
}

func newPinset(p *peer) *pinset { return &pinset{p: p, entries: readState(p.set)} }

// merge takes newer entries in and has the tracker act on them.
func (s *pinset) merge(list map[string]entry) {
	s.mu.Lock()
	var changed []entry
	for c, e := range list {
		old, ok := s.entries[c]
		if !ok || e.At > old.At || (e.At == old.At && e.By > old.By) {
			s.entries[c] = e
			changed = append(changed, e)
		}
	}
	if len(changed) > 0 {
		_ = writeState(s.p.set, s.entries)
	}
	s.mu.Unlock()
	for _, e := range changed {
		s.p.tracker.follow(e)
	}
}

// change makes an entry and tells every connected peer.
func (s *pinset) change(pin capi.Pin, removed bool) error {
	if s.p.raft != nil {
		if err := s.p.raft.quorum(); err != nil {
			return err
		}
	}
	e := entry{Pin: pin, Removed: removed, At: time.Now().UnixNano(), By: s.p.host.ID()}
	list := map[string]entry{pin.Cid: e}
	s.merge(list)
	body, err := json.Marshal(list)
	for _, id := range s.p.host.Peers() {
		if c := s.p.host.Conn(id); c != nil {
			c.Note("pins", body)
		}
	}
	return err
}

func (s *pinset) get(c string) (capi.Pin, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e, ok := s.entries[c]
	return e.Pin, ok && !e.Removed
}

func (s *pinset) list() []capi.Pin {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []capi.Pin
	for _, e := range s.entries {
		if !e.Removed {
			out = append(out, e.Pin)
		}
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Cid < out[j].Cid })
	return out
}

func (s *pinset) all() map[string]entry {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := map[string]entry{}
	for k, v := range s.entries {
		out[k] = v
	}
	return out
}

// syncFrom takes over the state of a newly connected peer that is trusted.
func (s *pinset) syncFrom(id string) {
	if !s.p.trusts(id) {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	c := s.p.host.Conn(id)
	if c == nil {
		return
	}
	b, err := c.Request(ctx, "state", nil)
	list := map[string]entry{}
	if err == nil && json.Unmarshal(b, &list) == nil {
		s.merge(list)
	}
}

// allocate chooses the peers of a pin; none means everywhere.
func (p *peer) allocate(pin *capi.Pin) error {
	if pin.ReplicationFactorMin <= 0 || pin.ReplicationFactorMax <= 0 {
		pin.ReplicationFactorMin, pin.ReplicationFactorMax, pin.Allocations = -1, -1, []string{}
		return nil
	}
	free := p.latest("freespace")
	var valid []capi.Metric
	for _, m := range free {
		if m.Valid {
			valid = append(valid, m)
		}
	}
	if len(valid) < pin.ReplicationFactorMin {
		return fmt.Errorf("not enough peers to allocate CID. Needed at least: %d. Wanted at most: %d. Valid candidates: %d. See logs for more info.",
			pin.ReplicationFactorMin, pin.ReplicationFactorMax, len(valid))
	}
	sort.SliceStable(valid, func(i, j int) bool { return valid[i].Weight > valid[j].Weight })
	pin.Allocations = []string{}
	for i := 0; i < len(valid) && i < pin.ReplicationFactorMax; i++ {
		pin.Allocations = append(pin.Allocations, valid[i].Peer)
	}
	return nil
}
