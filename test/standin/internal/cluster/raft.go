package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"sync"
	"time"

	"standin/internal/logx"
	"standin/internal/swarm"
)

// raft is the membership of a raft cluster without elections: a numbered list
// that every member keeps, the higher number wins, and a rule that more than
// half of it must be reachable for a start, a pin or a change of the list
// (ipfs-operations.md facts 5, 6, section 3).
type raft struct {
	p    *peer
	mu   sync.Mutex
	at   voters
	gone chan struct{} // this peer was removed
	hung bool          // its start has failed: it answers nobody
	once sync.Once
}

var errNoLeader = errors.New("timed out waiting for leader: context deadline exceeded")

func newRaft(p *peer) *raft {
	r := &raft{p: p, gone: make(chan struct{})}
	p.host.Handlers["raft-join"] = r.onJoin
	p.host.Handlers["raft-peers"] = r.onPeers
	p.host.Handlers["raft-list"] = r.onList
	b, err := os.ReadFile(r.file())
	if err == nil {
		_ = json.Unmarshal(b, &r.at)
	}
	return r
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
			var theirs voters
			if json.Unmarshal(b, &theirs) == nil && has(theirs.IDs, r.p.host.ID()) {
				n++
				r.take(theirs)
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
		r.take(voters{1, list})
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
	var list voters
	if err := json.Unmarshal(b, &list); err != nil {
		return err
	}
	r.take(list)
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
	return json.Marshal(r.now())
}

func (r *raft) onPeers(c *swarm.Conn, body []byte) ([]byte, error) {
	var list voters
	if err := json.Unmarshal(body, &list); err != nil {
		return nil, err
	}
	if !has(r.members(), c.Peer) {
		return nil, errDenied
	}
	r.take(list)
	return nil, nil
}

// spread sets the member list here and at every member, old and new.
func (r *raft) spread(list []string) {
	old := r.now()
	r.take(voters{old.Number + 1, list})
	body, _ := json.Marshal(r.now())
	for _, id := range append(old.IDs, list...) {
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
