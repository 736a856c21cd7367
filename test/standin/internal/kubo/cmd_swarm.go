package kubo

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sort"

	"standin/internal/base"
	"standin/internal/cid"
	"standin/internal/maddr"
)

func base58ID(id string) ([]byte, error) {
	raw, err := base.Decode58(id)
	if err != nil || len(raw) < 2 {
		return nil, err
	}
	return raw[2:], nil
}

type connInfo struct {
	Addr, Peer string
	Identify   idOutput
}

func init() {
	lines := stringsText("Strings")
	register(
		&command{path: "swarm peers", opts: "verbose:v streams latency direction identify", run: runPeers,
			text: func(w io.Writer, _ *request, raw json.RawMessage) error {
				var v struct{ Peers []connInfo }
				err := json.Unmarshal(raw, &v)
				for _, p := range v.Peers {
					fmt.Fprintf(w, "%s/p2p/%s\n", p.Addr, p.Peer)
				}
				return err
			}},
		&command{path: "swarm connect", min: 1, max: -1, arg: "address", run: runConnect, text: lines},
		&command{path: "swarm disconnect", min: 1, max: -1, arg: "address", run: runDisconnect, text: lines},
		&command{path: "swarm addrs", run: runAddrs, text: addrsText},
		&command{path: "swarm addrs listen", run: func(r *request, emit emitter) error {
			if err := r.node.online(); err != nil {
				return err
			}
			return emit(map[string][]string{"Strings": append(r.node.host.OwnAddrs(), "/p2p-circuit")})
		}, text: lines},
		&command{path: "swarm addrs local", opts: "id", run: func(r *request, emit emitter) error {
			if err := r.node.online(); err != nil {
				return err
			}
			out := r.node.host.OwnAddrs()
			if r.on("id") {
				for i := range out {
					out[i] += "/p2p/" + r.node.host.ID()
				}
			}
			return emit(map[string][]string{"Strings": out})
		}, text: lines},
		&command{path: "swarm peering add", min: 1, max: -1, arg: "address", run: runPeeringAdd, text: peeringText("add")},
		&command{path: "swarm peering rm", min: 1, max: -1, arg: "ID", run: runPeeringRm, text: peeringText("remove")},
		&command{path: "swarm peering ls", run: runPeeringLs, text: func(w io.Writer, _ *request, raw json.RawMessage) error {
			var v struct{ Peers []peerEntry }
			err := json.Unmarshal(raw, &v)
			for _, p := range v.Peers {
				fmt.Fprintln(w, p.ID)
				for _, a := range p.Addrs {
					fmt.Fprintf(w, "\t%s\n", a)
				}
			}
			return err
		}},
	)
}

func runPeers(r *request, emit emitter) error {
	if err := r.node.online(); err != nil {
		return err
	}
	var out []connInfo
	for _, c := range r.node.host.Conns() {
		out = append(out, connInfo{Addr: c.Remote().String(), Peer: c.Peer})
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Addr < out[j].Addr })
	return emit(map[string]interface{}{"Peers": out})
}

// peerAddrs reads the addresses of a swarm command; each needs an id.
func peerAddrs(args []string) ([]maddr.Addr, error) {
	var out []maddr.Addr
	for _, text := range args {
		a, err := maddr.Parse(text)
		if err != nil {
			return nil, err
		}
		if _, id := a.Split(); id == "" {
			return nil, errors.New("invalid p2p multiaddr")
		}
		out = append(out, a)
	}
	return out, nil
}

func runConnect(r *request, emit emitter) error {
	if err := r.node.online(); err != nil {
		return err
	}
	addrs, err := peerAddrs(r.args)
	if err != nil {
		return err
	}
	var out []string
	for _, a := range addrs {
		id := r.node.learn(a)
		r.node.host.ClearBackoff(id)
		if err := r.node.host.Connect(r.ctx, id); err != nil {
			return fmt.Errorf("connect %s failure: %w", id, err)
		}
		out = append(out, "connect "+id+" success")
	}
	return emit(map[string][]string{"Strings": out})
}

func runDisconnect(r *request, emit emitter) error {
	if err := r.node.online(); err != nil {
		return err
	}
	addrs, err := peerAddrs(r.args)
	if err != nil {
		return err
	}
	var out []string
	for _, a := range addrs {
		if err := r.node.disconnect(a.Split()); err != nil {
			_, id := a.Split()
			return fmt.Errorf("disconnect %s failure: %w", id, err)
		}
		_, id := a.Split()
		out = append(out, "disconnect "+id+" success")
	}
	return emit(map[string][]string{"Strings": out})
}

// disconnect closes every connection to a peer, or with an address only the
// one connection whose other end is exactly that.
func (n *Node) disconnect(at maddr.Addr, id string) error {
	if n.host.Conn(id) == nil {
		return errors.New("not connected")
	}
	if len(at) == 0 {
		n.host.Disconnect(id)
		return nil
	}
	for _, c := range n.host.Conns() {
		if c.Peer == id && c.Remote().String() == at.String() {
			n.host.Part(id)
			c.Close()
			return nil
		}
	}
	return errors.New("conn not found")
}

func runAddrs(r *request, emit emitter) error {
	if err := r.node.online(); err != nil {
		return err
	}
	out := map[string][]string{}
	for _, id := range r.node.host.KnownPeers() {
		out[id] = r.node.host.Addrs(id)
	}
	return emit(map[string]interface{}{"Addrs": out})
}

func addrsText(w io.Writer, _ *request, raw json.RawMessage) error {
	var v struct{ Addrs map[string][]string }
	err := json.Unmarshal(raw, &v)
	var ids []string
	for id := range v.Addrs {
		ids = append(ids, id)
	}
	sort.Strings(ids)
	for _, id := range ids {
		fmt.Fprintf(w, "%s (%d)\n", id, len(v.Addrs[id]))
		for _, a := range v.Addrs[id] {
			fmt.Fprintf(w, "\t%s\n", a)
		}
	}
	return err
}

type peeringResult struct{ ID, Status string }

func peeringText(verb string) func(io.Writer, *request, json.RawMessage) error {
	return func(w io.Writer, _ *request, raw json.RawMessage) error {
		var v peeringResult
		err := json.Unmarshal(raw, &v)
		fmt.Fprintf(w, "%s %s %s\n", verb, v.ID, v.Status)
		return err
	}
}

func runPeeringAdd(r *request, emit emitter) error {
	if err := r.node.peeringOnline(); err != nil {
		return err
	}
	addrs, err := peerAddrs(r.args)
	if err != nil {
		return err
	}
	for _, a := range addrs {
		t, id := a.Split()
		r.node.keep(id, []string{t.String()})
		if err := emit(peeringResult{id, "success"}); err != nil {
			return err
		}
	}
	return nil
}

func runPeeringRm(r *request, emit emitter) error {
	if err := r.node.peeringOnline(); err != nil {
		return err
	}
	for _, text := range r.args {
		id, err := cid.PeerID(text)
		if err != nil {
			return fmt.Errorf("failed to parse peer ID: %w", err)
		}
		r.node.mu.Lock()
		delete(r.node.peering, id)
		r.node.mu.Unlock()
		if err := emit(peeringResult{id, "success"}); err != nil {
			return err
		}
	}
	return nil
}

func runPeeringLs(r *request, emit emitter) error {
	if err := r.node.peeringOnline(); err != nil {
		return err
	}
	type info struct { // libp2p's order of keys
		Addrs []string
		ID    string
	}
	out := []info{}
	r.node.mu.Lock()
	for id, addrs := range r.node.peering {
		out = append(out, info{addrs, id})
	}
	r.node.mu.Unlock()
	sort.Slice(out, func(i, j int) bool { return out[i].ID < out[j].ID })
	return emit(map[string]interface{}{"Peers": out})
}
