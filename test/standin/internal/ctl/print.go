package ctl

import (
	"encoding/json"
	"fmt"
	"sort"
	"strings"
	"time"

	"standin/internal/capi"
)

// pretty prints a value with four spaces; a stream is many of them, not a list.
func pretty(v interface{}) error {
	b, err := json.MarshalIndent(v, "", "    ")
	if err == nil {
		fmt.Println(string(b))
	}
	return err
}

// show gives a printer: JSON as it is typed, or the text form.
func show[T any](c *client, text func(T)) func(json.RawMessage) error {
	return func(raw json.RawMessage) error {
		var v T
		if err := json.Unmarshal(raw, &v); err != nil {
			return err
		}
		if c.json {
			return pretty(v)
		}
		text(v)
		return nil
	}
}

func printID(v capi.ID) {
	if v.Error != "" {
		fmt.Printf("%s | ERROR: %s\n", v.ID, v.Error)
		return
	}
	fmt.Printf("%s | %s | Sees %d other peers\n  > Addresses:\n", v.ID, v.Peername, len(v.ClusterPeers)-1)
	sort.Strings(v.Addresses)
	for _, a := range v.Addresses {
		fmt.Printf("    - %s\n", a)
	}
	if v.IPFS.Error != "" {
		fmt.Printf("  > IPFS ERROR: %s\n", v.IPFS.Error)
		return
	}
	fmt.Printf("  > IPFS: %s\n", v.IPFS.ID)
	sort.Strings(v.IPFS.Addresses)
	for _, a := range v.IPFS.Addresses {
		fmt.Printf("    - %s\n", a)
	}
}

func printStatus(v capi.GlobalPinInfo) {
	head := v.Cid
	if v.Name != "" {
		head += " | " + v.Name
	}
	fmt.Println(head + ":")
	var ids []string
	for id := range v.PeerMap {
		ids = append(ids, id)
	}
	sort.Strings(ids)
	for _, id := range ids {
		info := v.PeerMap[id]
		name := info.Peername
		if name == "" {
			name = id
		}
		status := strings.ToUpper(info.Status)
		if info.Error != "" {
			status += ": " + info.Error
		}
		fmt.Printf("    > %-20s : %s | %s | Attempts: %d | Priority: %t\n", name, status,
			info.Timestamp.Format(time.RFC3339Nano), info.AttemptCount, info.PriorityPin)
	}
}

func printPin(v capi.Pin) {
	where := "[everywhere]"
	if len(v.Allocations) > 0 {
		where = fmt.Sprint(v.Allocations)
	}
	factor := fmt.Sprintf("%d--%d", v.ReplicationFactorMin, v.ReplicationFactorMax)
	if v.ReplicationFactorMin == v.ReplicationFactorMax {
		factor = fmt.Sprint(v.ReplicationFactorMin)
	}
	fmt.Printf("%s | %s | PIN | Repl. Factor: %s | Allocations: %s | Recursive | Metadata: no | Exp: ∞ | Added: %s\n",
		v.Cid, v.Name, factor, where, v.Timestamp.Format("2006-01-02 15:04:05"))
}

func printMetric(v capi.Metric) {
	left := time.Until(time.Unix(0, v.Expire)).Truncate(time.Second)
	fmt.Printf("%s | %s: %s | Expires in: %s\n", v.Peer, v.Name, v.Value, left)
}

func short(id string) string { return id[:2] + "*" + id[len(id)-6:] }

// printGraph writes the connectivity graph for dot (golden ctl-health-graph).
func printGraph(g capi.Graph) {
	fmt.Print("digraph cluster {\n/* The nodes of the connectivity graph */\n/* The cluster-service peers */\nsubgraph  {\nrank=\"min\"\n")
	node := func(name, title, id, color, shape, more string) {
		fmt.Printf("%s [label=< <B> %s </B> <BR/> <B> %s </B> > group=\"%s\" color=\"%s\" style=\"filled\" colorscheme=\"x11\" fontcolor=\"black\" fontname=\"Arial\" shape=\"%s\" %s]\n",
			name, title, short(id), id, color, shape, more)
	}
	cluster, ipfs := map[string]string{}, map[string]string{}
	for i, id := range keys(g.ClusterLinks) {
		cluster[id] = fmt.Sprintf("T%d", i)
		more := ""
		if id == g.ClusterID {
			cluster[id], more = fmt.Sprintf("C%d", i), "peripheries=\"2\" "
		}
		node(cluster[id], g.IDtoPeername[id], id, "orange", "box3d", more)
	}
	fmt.Print("}\n\n/* The ipfs peers */\nsubgraph  {\nrank=\"max\"\n")
	owners := map[string][]string{}
	for c, id := range g.ClusterToIPFS {
		owners[id] = append(owners[id], c)
	}
	for i, id := range keys(owners) {
		ipfs[id] = fmt.Sprintf("I%d", i)
		node(ipfs[id], "IPFS", id, "turquoise3", "cylinder", "")
	}
	fmt.Print("}\n\n/* Edges representing active connections in the cluster */\n/* The connections among cluster-service peers */\n")
	edges(g.ClusterLinks, cluster)
	fmt.Print("\n/* The connections between cluster peers and their ipfs daemons */\n")
	for _, c := range keys(g.ClusterLinks) {
		if i := g.ClusterToIPFS[c]; i != "" {
			fmt.Printf("%s -> %s\n", cluster[c], ipfs[i])
		}
	}
	fmt.Print("\n/* The swarm peer connections among ipfs daemons in the cluster */\n")
	edges(g.IPFSLinks, ipfs)
	fmt.Println("}")
}

func edges(links map[string][]string, names map[string]string) {
	for _, from := range keys(links) {
		for _, to := range links[from] {
			if names[to] != "" {
				fmt.Printf("%s -> %s\n", names[from], names[to])
			}
		}
	}
}

func keys(m map[string][]string) []string {
	var out []string
	for k := range m {
		out = append(out, k)
	}
	sort.Strings(out)
	return out
}
