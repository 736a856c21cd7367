package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"standin/internal/capi"
	"standin/internal/swarm"
)

// What peers ask each other. The id is open to every peer with the secret;
// the rest is for trusted ones (ipfs-cluster's RPC policy).

var errDenied = errors.New("rpc error: permission denied")

func (p *peer) rpcContext() (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), time.Minute)
}

func (p *peer) rpcID(_ *swarm.Conn, _ []byte) ([]byte, error) {
	ctx, cancel := p.rpcContext()
	defer cancel()
	return json.Marshal(p.id(ctx))
}

func (p *peer) rpcMetrics(c *swarm.Conn, body []byte) ([]byte, error) {
	var list []capi.Metric
	if err := json.Unmarshal(body, &list); err != nil {
		return nil, err
	}
	for _, m := range list {
		if m.Peer != c.Peer {
			return nil, errDenied
		}
	}
	p.record(list)
	return nil, nil
}

func (p *peer) rpcState(_ *swarm.Conn, _ []byte) ([]byte, error) {
	return json.Marshal(p.pins.all())
}

func (p *peer) rpcPins(c *swarm.Conn, body []byte) ([]byte, error) {
	list := map[string]entry{}
	if err := json.Unmarshal(body, &list); err != nil {
		return nil, err
	}
	if !p.trusts(c.Peer) {
		return nil, errDenied
	}
	p.pins.merge(list)
	return nil, nil
}

func (p *peer) rpcStatus(c *swarm.Conn, body []byte) ([]byte, error) {
	if !p.trusts(c.Peer) {
		return nil, errDenied
	}
	ctx, cancel := p.rpcContext()
	defer cancel()
	var cids []string
	if err := json.Unmarshal(body, &cids); err != nil {
		return nil, err
	}
	return json.Marshal(p.tracker.status(ctx, cids))
}

func (p *peer) rpcRecover(c *swarm.Conn, body []byte) ([]byte, error) {
	if !p.trusts(c.Peer) {
		return nil, errDenied
	}
	ctx, cancel := p.rpcContext()
	defer cancel()
	var cids []string
	if err := json.Unmarshal(body, &cids); err != nil {
		return nil, err
	}
	p.tracker.recover(ctx, cids)
	return nil, nil
}

func (p *peer) rpcBlock(c *swarm.Conn, body []byte) ([]byte, error) {
	if !p.trusts(c.Peer) {
		return nil, errDenied
	}
	ctx, cancel := p.rpcContext()
	defer cancel()
	return nil, p.ipfs.putBlock(ctx, body)
}

type links struct {
	Cluster []string
	Trusts  bool
	IPFS    string
	Swarm   []string
}

func (p *peer) links(ctx context.Context) links {
	kubo, _ := p.ipfs.id(ctx)
	return links{Cluster: p.host.Peers(), IPFS: kubo.ID, Swarm: p.ipfs.swarmPeers(ctx)}
}

func (p *peer) rpcLinks(_ *swarm.Conn, _ []byte) ([]byte, error) {
	ctx, cancel := p.rpcContext()
	defer cancel()
	return json.Marshal(p.links(ctx))
}

func (p *peer) rpcGC(c *swarm.Conn, _ []byte) ([]byte, error) {
	if !p.trusts(c.Peer) {
		return nil, errDenied
	}
	ctx, cancel := p.rpcContext()
	defer cancel()
	keys, err := p.ipfs.gc(ctx)
	if err != nil {
		return nil, err
	}
	return json.Marshal(keys)
}

// globalStatus gathers the state of pins from every member.
func (p *peer) globalStatus(ctx context.Context, cids []string, local bool) []capi.GlobalPinInfo {
	members := p.members()
	if local {
		members = []string{p.host.ID()}
	}
	type answer struct {
		id    string
		infos map[string]capi.PinInfo
		err   error
	}
	answers := make(chan answer, len(members))
	body, _ := json.Marshal(cids)
	for _, id := range members {
		go func(id string) {
			if id == p.host.ID() {
				answers <- answer{id, p.tracker.status(ctx, cids), nil}
				return
			}
			ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
			defer cancel()
			a := answer{id: id, infos: map[string]capi.PinInfo{}}
			var b []byte
			if b, a.err = p.call(ctx, id, "status", body); a.err == nil {
				a.err = json.Unmarshal(b, &a.infos)
			}
			answers <- a
		}(id)
	}
	out := make([]capi.GlobalPinInfo, len(cids))
	for i, c := range cids {
		out[i] = capi.GlobalPinInfo{Cid: c, Allocations: []string{}, Origins: []string{}, PeerMap: map[string]capi.PinInfo{}}
		if pin, ok := p.pins.get(c); ok {
			out[i].Name, out[i].Allocations, out[i].Created = pin.Name, pin.Allocations, pin.Timestamp
		}
	}
	for range members {
		a := <-answers
		for i, c := range cids {
			info := a.infos[c]
			if a.err != nil {
				ping := p.pingOf(a.id)
				info = capi.PinInfo{Peername: ping.PeerName, IPFSPeerID: ping.IPFSID, IPFSAddresses: ping.IPFSAddresses,
					Status: "cluster_error", Timestamp: time.Now().UTC(), Error: a.err.Error()}
			}
			out[i].PeerMap[a.id] = info
		}
	}
	return out
}
