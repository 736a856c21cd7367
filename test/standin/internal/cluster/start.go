package cluster

import (
	"context"
	"errors"
	"time"

	"standin/internal/knob"
	"standin/internal/logx"
	"standin/internal/maddr"
	"standin/internal/notify"
)

// becomeReady bootstraps, waits for the consensus and then, for ever, for kubo.
func (p *peer) becomeReady(boot []maddr.Addr, ready, lost chan struct{}) {
	if p.raft == nil {
		go p.bootstrap(boot)
	} else {
		started := time.Now()
		joined := len(boot) == 0 || p.bootstrap(boot)
		if !joined || p.raft.start() != nil {
			limit := p.set.duration("consensus.raft.wait_for_leader_timeout", 15*time.Second) + 5*time.Second
			p.wait(limit - time.Since(started))
			close(lost)
			return
		}
	}
	logx.Info("cluster", "ipfs-cluster/cluster.go:792", "Cluster Peers (without including ourselves):")
	others := p.others()
	for _, id := range others {
		logx.Info("cluster", "ipfs-cluster/cluster.go:799", "    - %s", id)
	}
	if len(others) == 0 {
		logx.Info("cluster", "ipfs-cluster/cluster.go:794", "    - No other peers")
	}
	logx.Info("cluster", "ipfs-cluster/cluster.go:804", "Waiting for IPFS to be ready...")
	for tries := 1; ; tries++ {
		id, err := p.ipfs.id(context.Background())
		if err == nil && id.ID != "" {
			logx.Info("cluster", "ipfs-cluster/cluster.go:813", "IPFS is ready. Peer ID: %s", id.ID)
			break
		}
		if tries%10 == 0 {
			logx.Warn("ipfshttp", "ipfshttp/ipfshttp.go:267", "ipfs does not seem to be available after %d retries", tries)
		}
		if !p.wait(time.Second) {
			return
		}
	}
	p.mu.Lock()
	p.ready = true
	p.mu.Unlock()
	logx.Info("cluster", "ipfs-cluster/cluster.go:821", "** IPFS Cluster is READY **")
	notify.Send("READY=1")
	knob.CrashLater()
	close(ready)
}

// bootstrap connects to the peers of --bootstrap. With crdt a failure is one
// ERROR and nothing else (fact 4).
func (p *peer) bootstrap(boot []maddr.Addr) bool {
	joined := false
	for _, a := range boot {
		logx.Info("service", "ipfs-cluster-service/daemon.go:264", "Bootstrapping to %s", a)
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		err := p.bootstrapTo(ctx, a)
		cancel()
		if err != nil {
			logx.Error("service", "ipfs-cluster-service/daemon.go:267", "bootstrap to %s failed: %v", a, err)
			continue
		}
		joined = true
	}
	return joined
}

func (p *peer) bootstrapTo(ctx context.Context, a maddr.Addr) error {
	_, id := a.Split()
	if id == "" {
		return errors.New("invalid p2p multiaddr")
	}
	p.learn(a)
	err := p.host.Connect(ctx, id)
	if err == nil && p.raft != nil {
		err = p.raft.join(ctx, id)
	}
	if err != nil {
		logx.Error("cluster", "ipfs-cluster/cluster.go:1106", "%v", err)
		return err
	}
	logx.Info("cluster", "ipfs-cluster/cluster.go:1183", "%s: joined %s's cluster", p.host.ID(), id)
	return nil
}
