package cluster

import (
	"context"
	"encoding/json"
	"sort"

	"standin/internal/capi"
)

// graph is who is connected to whom, asked of every member.
func (p *peer) graph(ctx context.Context) capi.Graph {
	g := capi.Graph{ClusterID: p.host.ID(), IDtoPeername: map[string]string{}, IPFSLinks: map[string][]string{},
		ClusterLinks: map[string][]string{}, ClusterTrustLinks: map[string]bool{}, ClusterToIPFS: map[string]string{}}
	members := p.members()
	kubos := map[string]bool{}
	swarms := map[string][]string{}
	for _, id := range members {
		l := links{}
		if id == p.host.ID() {
			l = p.links(ctx)
		} else if b, err := p.call(ctx, id, "links", nil); err != nil || json.Unmarshal(b, &l) != nil {
			continue
		}
		g.IDtoPeername[id] = p.pingOf(id).PeerName
		g.ClusterTrustLinks[id] = p.trusts(id)
		g.ClusterLinks[id] = only(l.Cluster, members)
		if l.IPFS != "" {
			g.ClusterToIPFS[id] = l.IPFS
			kubos[l.IPFS] = true
			swarms[l.IPFS] = l.Swarm
		}
	}
	for id, peers := range swarms {
		for _, other := range peers {
			if kubos[other] {
				g.IPFSLinks[id] = append(g.IPFSLinks[id], other)
			}
		}
	}
	return g
}

func only(list, among []string) []string {
	out := []string{}
	for _, x := range list {
		for _, y := range among {
			if x == y {
				out = append(out, x)
			}
		}
	}
	sort.Strings(out)
	return out
}
