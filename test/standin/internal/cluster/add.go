package cluster

import (
	"context"
	"encoding/json"
	"net/http"
	"path/filepath"

	"standin/internal/capi"
	"standin/internal/cid"
	"standin/internal/logx"
	"standin/internal/unixfs"
)

// serveAdd cuts the files of a multipart form into blocks here and writes each
// straight to the kubo of every allocated peer; so `pinned` right after an add
// says nothing about kubo-to-kubo transfer (fact 14).
func (p *peer) serveAdd(w http.ResponseWriter, q *http.Request) {
	parts, err := q.MultipartReader()
	if err != nil {
		fail(w, 400, err.Error())
		return
	}
	args := q.URL.Query()
	stream := args.Get("stream-channels") != "false"
	out := &lines{w: w}
	all := []capi.Added{}
	for {
		part, err := parts.NextPart()
		if err != nil {
			break
		}
		added, err := p.addFile(q.Context(), part, args.Get("local") == "true")
		if err == nil {
			_, err = p.pinNow(added.Cid, args)
		}
		if err != nil {
			if !stream || !out.started {
				fail(w, 500, err.Error())
			}
			return
		}
		added.Name = filepath.Base(part.FileName())
		if stream {
			out.put(added)
		}
		all = append(all, added)
	}
	if !stream {
		send(w, 200, all)
		return
	}
	out.end()
}

type reader interface{ Read([]byte) (int, error) }

func (p *peer) addFile(ctx context.Context, r reader, local bool) (capi.Added, error) {
	allocated := p.allocatedPeers()
	if local {
		allocated = []string{p.host.ID()}
	}
	root, size, err := unixfs.Add(r, func(_ cid.Cid, block []byte) error { return p.spread(ctx, allocated, block) })
	return capi.Added{Cid: root.String(), Size: size, Allocations: allocated}, err
}

func (p *peer) allocatedPeers() []string {
	min, max := p.set.number("cluster.replication_factor_min", -1), p.set.number("cluster.replication_factor_max", -1)
	pin := capi.Pin{ReplicationFactorMin: min, ReplicationFactorMax: max}
	if err := p.allocate(&pin); err == nil && len(pin.Allocations) > 0 {
		return pin.Allocations
	}
	return p.members()
}

// spread writes a block to every allocated kubo; it fails only when none took
// it: `ctl add` answers 0 while one kubo refuses.
func (p *peer) spread(ctx context.Context, peers []string, block []byte) error {
	results := make(chan error, len(peers))
	for _, id := range peers {
		go func(id string) {
			if id == p.host.ID() {
				results <- p.ipfs.putBlock(ctx, block)
				return
			}
			_, err := p.call(ctx, id, "block", block)
			results <- err
		}(id)
	}
	var last error
	failed := 0
	for range peers {
		if err := <-results; err != nil {
			logx.Error("adder", "adder/util.go:85", "error writing block: %v", err)
			last = err
			failed++
		}
	}
	if failed < len(peers) {
		return nil
	}
	return last
}

// gcReport is the answer to `ipfs gc`.
type gcReport struct {
	PeerMap map[string]gcPeer `json:"peer_map"`
}

type gcKey struct {
	Key map[string]string `json:"key"`
}

type gcPeer struct {
	Peer     string  `json:"peer"`
	Peername string  `json:"peername"`
	Keys     []gcKey `json:"keys"`
	Error    string  `json:"error"`
}

func (p *peer) gcAll(ctx context.Context) gcReport {
	out := gcReport{PeerMap: map[string]gcPeer{}}
	for _, id := range p.members() {
		var keys []string
		var err error
		if id == p.host.ID() {
			keys, err = p.ipfs.gc(ctx)
		} else {
			var b []byte
			if b, err = p.call(ctx, id, "gc", nil); err == nil {
				err = json.Unmarshal(b, &keys)
			}
		}
		one := gcPeer{Peer: id, Peername: p.pingOf(id).PeerName, Keys: []gcKey{}}
		if err != nil {
			one.Error = err.Error()
		}
		for _, k := range keys {
			one.Keys = append(one.Keys, gcKey{map[string]string{"/": k}})
		}
		out.PeerMap[id] = one
	}
	return out
}
