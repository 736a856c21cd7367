package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"sync"
	"time"

	"standin/internal/logx"
	"standin/internal/swarm"
)

// raft is the membership of a raft cluster without elections: a list that
// every member keeps, and a rule that more than half of it must be reachable
// for a start, a pin or a removal (ipfs-operations.md facts 5, 6, section 3).
type raft struct {
	p    *peer
	mu   sync.Mutex
	list []string
	gone chan struct{} // this peer was removed
	once sync.Once
}

var errNoLeader = errors.New("timed out waiting for leader: context deadline exceeded")

func (r *raft) dir() string  { return filepath.Join(r.p.set.dir, "raft") }
func (r *raft) file() string { return filepath.Join(r.dir(), "raft.db") }

func newRaft(p *peer) *raft {
	r := &raft{p: p, gone: make(chan struct{})}
	p.host.Handlers["raft-join"] = r.onJoin
	p.host.Handlers["raft-peers"] = r.onPeers
	p.host.Handlers["raft-list"] = func(*swarm.Conn, []byte) ([]byte, error) { return json.Marshal(r.members()) }
	b, err := os.ReadFile(r.file())
	if err == nil {
		_ = json.Unmarshal(b, &r.list)
	}
	return r
}

// clean empties the state before a bootstrap: a folder without a snapshot is
// deleted, another is kept as raft.old.0 (fact 6).
func (r *raft) clean() {
	if _, err := os.Stat(r.dir()); err != nil {
		return
	}
	r.set(nil)
	cleanRaft(r.p.set)
	r.p.pins.mu.Lock()
	r.p.pins.entries = map[string]entry{}
	r.p.pins.mu.Unlock()
}

func cleanRaft(s *settings) {
	dir := filepath.Join(s.dir, "raft")
	if found, _ := filepath.Glob(filepath.Join(dir, "snapshots", "*")); len(found) == 0 {
		logx.Info("raft", "raft/raft.go:640", "cleaning empty Raft data folder (%s)", dir)
		_ = os.RemoveAll(dir)
		return
	}
	backupRaft(s)
}

func backupRaft(s *settings) {
	dir := filepath.Join(s.dir, "raft")
	logx.Info("raft", "raft/raft.go:645", "cleaning and backing up Raft data folder (%s)", dir)
	keep := s.number("consensus.raft.backups_rotate", 6)
	old := func(n int) string { return fmt.Sprintf("%s.old.%d", dir, n) }
	_ = os.RemoveAll(old(keep - 1))
	for n := keep - 2; n >= 0; n-- {
		_ = os.Rename(old(n), old(n+1))
	}
	_ = os.Rename(dir, old(0))
}

func (r *raft) set(list []string) {
	r.mu.Lock()
	r.list = append([]string{}, list...)
	sort.Strings(r.list)
	r.mu.Unlock()
	if list == nil {
		return
	}
	_ = os.MkdirAll(filepath.Join(r.dir(), "snapshots"), 0o700)
	b, _ := json.Marshal(list)
	_ = writeFile(r.file(), b, 0o600)
}

func (r *raft) members() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]string{}, r.list...)
}

func has(list []string, id string) bool {
	for _, x := range list {
		if x == id {
			return true
		}
	}
	return false
}

// reachable tells whether more than half of the members answer.
func (r *raft) reachable(ctx context.Context) bool {
	list := r.members()
	n := 0
	for _, id := range list {
		if id == r.p.host.ID() {
			n++
			continue
		}
		if b, err := r.p.call(ctx, id, "raft-list", nil); err == nil {
			var theirs []string
			if json.Unmarshal(b, &theirs) == nil && has(theirs, r.p.host.ID()) {
				n++
			}
		}
	}
	return len(list) > 0 && 2*n > len(list)
}

// await waits for a quorum.
func (r *raft) await(limit time.Duration) error {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	for {
		if r.reachable(ctx) {
			return nil
		}
		select {
		case <-ctx.Done():
			return errNoLeader
		case <-r.p.quit:
			return errNoLeader
		case <-time.After(200 * time.Millisecond):
		}
	}
}

func (r *raft) quorum() error {
	err := r.await(r.p.set.duration("consensus.raft.wait_for_leader_timeout", 15*time.Second))
	if err != nil {
		logx.Error("raft", "raft/consensus.go:279", "%v", err)
	}
	return err
}

// start makes a first member set, or waits for the others of an old one.
func (r *raft) start() error {
	if len(r.members()) == 0 {
		first := append([]string{r.p.host.ID()}, r.p.set.json.Strings("consensus.raft.init_peerset")...)
		var list []string
		for _, id := range first {
			if !has(list, id) {
				list = append(list, id)
			}
		}
		r.set(list)
		logx.Info("raft", "raft/raft.go:212", "initializing raft cluster with the following voters:\n        %v\n\n", list)
		time.Sleep(scaled(2 * time.Second))
	}
	return r.await(r.p.set.duration("consensus.raft.wait_for_leader_timeout", 15*time.Second) + 5*time.Second)
}

// join asks the peer of --bootstrap to take this one in.
func (r *raft) join(ctx context.Context, id string) error {
	b, err := r.p.call(ctx, id, "raft-join", nil)
	if err != nil {
		return err
	}
	var list []string
	if err := json.Unmarshal(b, &list); err != nil {
		return err
	}
	r.set(list)
	r.p.pins.syncFrom(id)
	return nil
}

func (r *raft) onJoin(c *swarm.Conn, _ []byte) ([]byte, error) {
	if err := r.quorum(); err != nil {
		return nil, err
	}
	list := r.members()
	if !has(list, c.Peer) {
		list = append(list, c.Peer)
	}
	r.spread(list)
	return json.Marshal(list)
}

func (r *raft) onPeers(c *swarm.Conn, body []byte) ([]byte, error) {
	var list []string
	if err := json.Unmarshal(body, &list); err != nil {
		return nil, err
	}
	if !has(r.members(), c.Peer) {
		return nil, errDenied
	}
	r.set(list)
	return nil, nil
}

// spread sets the member list here and at every member, old and new.
func (r *raft) spread(list []string) {
	old := r.members()
	r.set(list)
	body, _ := json.Marshal(list)
	for _, id := range append(old, list...) {
		if id != r.p.host.ID() {
			if c := r.p.host.Conn(id); c != nil {
				c.Note("raft-peers", body)
			}
		}
	}
}

func (r *raft) remove(_ context.Context, id string) error {
	if err := r.quorum(); err != nil {
		return err
	}
	var list []string
	for _, x := range r.members() {
		if x != id {
			list = append(list, x)
		}
	}
	r.spread(list)
	return nil
}

// watch notices the own removal.
func (r *raft) watch() {
	for r.p.wait(r.p.set.duration("cluster.peer_watch_interval", 5*time.Second)) {
		if !has(r.members(), r.p.host.ID()) {
			logx.Info("cluster", "ipfs-cluster/cluster.go:605", "peer no longer in peerset. Initiating shutdown")
			r.once.Do(func() { close(r.gone) })
			return
		}
	}
}
