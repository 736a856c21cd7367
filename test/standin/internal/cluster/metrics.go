package cluster

import (
	"context"
	"encoding/json"
	"sort"
	"strconv"
	"time"

	"standin/internal/capi"
)

// measure makes this peer's metrics.
func (p *peer) measure() []capi.Metric {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	kubo, err := p.ipfs.id(ctx)
	if err == nil {
		p.mu.Lock()
		p.kubo = kubo
		p.mu.Unlock()
	}
	value, _ := json.Marshal(capi.PingValue{PeerName: p.name, IPFSID: kubo.ID, IPFSAddresses: withoutLoopback(kubo.Addresses)})
	now := time.Now()
	metric := func(name, value string, ttl time.Duration, valid bool) capi.Metric {
		return capi.Metric{Name: name, Peer: p.host.ID(), Value: value, Expire: now.Add(ttl).UnixNano(), Valid: valid}
	}
	ttl := p.set.duration("informer.disk.metric_ttl", 30*time.Second)
	if ttl < 2*p.ping {
		ttl = 2 * p.ping
	}
	out := []capi.Metric{metric("ping", string(value), 2*p.ping, true)}
	if err == nil {
		free, freeErr := p.ipfs.freeSpace(ctx)
		m := metric("freespace", strconv.FormatInt(free, 10), ttl, freeErr == nil)
		m.Weight = free
		out = append(out, m)
	}
	group := metric("tag:group", "default", ttl, true)
	group.Partitionable = true
	return append(out, metric("pinqueue", strconv.Itoa(p.tracker.queued()), ttl, true), group)
}

// pingLoop records own metrics at once and tells the others every
// monitor_ping_interval. The first ping reaches nobody, as with the real
// program, whose topic has no members yet: peers see each other at the next.
func (p *peer) pingLoop() {
	p.record(p.measure())
	for p.wait(p.ping) {
		list := p.measure()
		p.record(list)
		body, _ := json.Marshal(list)
		for _, id := range p.host.Peers() {
			if c := p.host.Conn(id); c != nil {
				c.Note("metrics", body)
			}
		}
	}
}

func (p *peer) record(list []capi.Metric) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, m := range list {
		m.ReceivedAt = time.Now().UnixNano()
		if p.metrics[m.Name] == nil {
			p.metrics[m.Name] = map[string]capi.Metric{}
		}
		p.metrics[m.Name][m.Peer] = m
		if m.Name == "ping" {
			p.seen[m.Peer] = true
		}
	}
}

// alertLoop notes the members whose ping expired.
func (p *peer) alertLoop() {
	for p.wait(500 * time.Millisecond) {
		now := time.Now()
		p.mu.Lock()
		for id := range p.seen {
			if m := p.metrics["ping"][id]; m.Expire < now.UnixNano() {
				delete(p.seen, id)
				p.alerts = append(p.alerts, capi.Alert{Metric: m, TriggeredAt: now.UTC()})
			}
		}
		p.mu.Unlock()
	}
}

func (p *peer) metricNames() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	out := []string{}
	for name := range p.metrics {
		out = append(out, name)
	}
	return out
}

// latest are the valid metrics of one name, by peer.
func (p *peer) latest(name string) []capi.Metric {
	p.mu.Lock()
	defer p.mu.Unlock()
	out := []capi.Metric{}
	for _, m := range p.metrics[name] {
		if m.Expire > time.Now().UnixNano() {
			out = append(out, m)
		}
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Peer < out[j].Peer })
	return out
}

// pingOf is what a peer's last ping said.
func (p *peer) pingOf(id string) capi.PingValue {
	p.mu.Lock()
	defer p.mu.Unlock()
	var v capi.PingValue
	_ = json.Unmarshal([]byte(p.metrics["ping"][id].Value), &v)
	return v
}
