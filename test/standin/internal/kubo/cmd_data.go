package kubo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sort"
	"strconv"

	"standin/internal/cid"
	"standin/internal/unixfs"
)

type blockStat struct {
	Key  string
	Size int
}

type addEvent struct{ Name, Hash, Size string }

func init() {
	register(
		&command{path: "add", opts: "quiet:q quieter:Q silent progress:p pin stream-channels wrap-with-directory:w recursive:r cid-version= raw-leaves only-hash:n chunker:s=",
			min: 1, max: -1, arg: "path", file: true, run: runAdd, text: addText},
		&command{path: "cat", opts: "offset:o= length:l= progress:p", min: 1, max: -1, arg: "ipfs-path", raw: runCat},
		&command{path: "block put", opts: "format:f= cid-codec= mhtype= mhlen= pin allow-big-block", min: 1, max: -1, arg: "data", file: true,
			run: runBlockPut, text: func(w io.Writer, _ *request, raw json.RawMessage) error {
				var v blockStat
				err := json.Unmarshal(raw, &v)
				fmt.Fprintln(w, v.Key)
				return err
			}},
		&command{path: "block get", min: 1, max: 1, arg: "cid", raw: func(r *request, w io.Writer) error {
			c, err := pathCid(r.args[0])
			if err != nil {
				return err
			}
			b, err := r.node.block(r.ctx, c)
			if err == nil {
				_, err = w.Write(b)
			}
			return err
		}},
		&command{path: "block stat", min: 1, max: 1, arg: "cid", run: func(r *request, emit emitter) error {
			c, err := pathCid(r.args[0])
			if err != nil {
				return err
			}
			b, err := r.node.block(r.ctx, c)
			if err != nil {
				return err
			}
			return emit(blockStat{c.String(), len(b)})
		}, text: func(w io.Writer, _ *request, raw json.RawMessage) error {
			var v blockStat
			err := json.Unmarshal(raw, &v)
			fmt.Fprintf(w, "Key: %s\nSize: %d\n", v.Key, v.Size)
			return err
		}},
		&command{path: "block rm", opts: "force:f quiet:q", min: 1, max: -1, arg: "cid", run: runBlockRm, text: blockRmText},
		&command{path: "resolve", opts: "recursive:r", min: 1, max: 1, arg: "name", run: func(r *request, emit emitter) error {
			c, err := pathCid(r.args[0])
			if err != nil {
				return err
			}
			return emit(map[string]string{"Path": "/ipfs/" + c.String()})
		}, text: func(w io.Writer, _ *request, raw json.RawMessage) error {
			var v struct{ Path string }
			err := json.Unmarshal(raw, &v)
			fmt.Fprintln(w, v.Path)
			return err
		}},
		&command{path: "routing findprovs", opts: "verbose:v num-providers:n=", min: 1, max: 1, arg: "key", run: runFindProvs,
			text: func(w io.Writer, _ *request, raw json.RawMessage) error {
				var v struct{ Responses []struct{ ID string } }
				err := json.Unmarshal(raw, &v)
				for _, p := range v.Responses {
					fmt.Fprintln(w, p.ID)
				}
				return err
			}},
	)
}

func runAdd(r *request, emit emitter) error {
	put := r.node.store.put
	if r.on("only-hash") {
		put = func(cid.Cid, []byte) error { return nil }
	}
	root, size, err := unixfs.Add(r.body, put)
	if err != nil {
		return err
	}
	if r.opts["pin"] != "false" && !r.on("only-hash") {
		err = r.node.store.changePins(func(p map[string]string) error {
			p[root.String()] = "recursive"
			return nil
		})
	}
	name := r.name
	if name == "" {
		name = root.String()
	}
	if err != nil {
		return err
	}
	return emit(addEvent{name, root.String(), strconv.FormatUint(size, 10)})
}

func addText(w io.Writer, r *request, raw json.RawMessage) error {
	var v addEvent
	if err := json.Unmarshal(raw, &v); err != nil || r.on("silent") {
		return err
	}
	if r.on("quieter") || r.on("quiet") {
		fmt.Fprintln(w, v.Hash)
	} else {
		fmt.Fprintf(w, "added %s %s\n", v.Hash, v.Name)
	}
	return nil
}

// runCat writes a file as its blocks come; without a peer that has one it
// waits until the time is up (fact 13).
func runCat(r *request, w io.Writer) error {
	for _, arg := range r.args {
		c, err := pathCid(arg)
		if err != nil {
			return err
		}
		if err := r.node.fetchAll(r.ctx, c, func(n unixfs.Node) error {
			if n.Dir {
				return unixfs.ErrDir
			}
			_, err := w.Write(n.Data)
			return err
		}); err != nil {
			return err
		}
	}
	return nil
}

func runBlockPut(r *request, emit emitter) error {
	b, err := io.ReadAll(r.body)
	if err != nil {
		return err
	}
	codec := uint64(cid.Raw)
	if f := r.opts["format"] + r.opts["cid-codec"]; f == "v0" || f == "protobuf" || f == "dag-pb" {
		codec = cid.DagPB
	}
	c := cid.Sum(codec, b)
	if r.opts["cid-codec"] == "dag-pb" {
		c.Version = 1
	}
	if err := r.node.store.put(c, b); err != nil {
		return err
	}
	return emit(blockStat{c.String(), len(b)})
}

func runBlockRm(r *request, emit emitter) error {
	pinned := map[string]bool{}
	for text := range r.node.store.pins() {
		if c, err := cid.Decode(text); err == nil {
			r.node.store.reachable(c, pinned)
		}
	}
	failed := false
	for _, arg := range r.args {
		c, err := pathCid(arg)
		if err != nil {
			return err
		}
		out := map[string]string{"Hash": c.String()}
		if pinned[c.Hash] {
			out["Error"] = "pinned: recursive"
		} else if err := r.node.store.remove(c); err != nil && !r.on("force") {
			out["Error"] = "ipld: could not find " + c.String()
		}
		failed = failed || out["Error"] != ""
		if err := emit(out); err != nil {
			return err
		}
	}
	if failed {
		return errors.New("some blocks not removed")
	}
	return nil
}

func blockRmText(w io.Writer, r *request, raw json.RawMessage) error {
	var v struct{ Hash, Error string }
	if err := json.Unmarshal(raw, &v); err != nil || r.on("quiet") {
		return err
	}
	if v.Error != "" {
		fmt.Fprintf(w, "cannot remove %s: %s\n", v.Hash, v.Error)
	} else {
		fmt.Fprintf(w, "removed %s\n", v.Hash)
	}
	return nil
}

// runFindProvs asks every peer, trapped or not: the DHT does find providers
// that cannot be fetched from (fact 13).
func runFindProvs(r *request, emit emitter) error {
	if err := r.node.online(); err != nil {
		return err
	}
	c, err := pathCid(r.args[0])
	if err != nil {
		return err
	}
	peers := r.node.host.Peers()
	sort.Strings(peers)
	for _, id := range peers {
		conn := r.node.host.Conn(id)
		if conn == nil {
			continue
		}
		if _, err := conn.Request(context.Background(), "has", []byte(c.String())); err == nil {
			one := map[string]interface{}{"ID": id, "Addrs": r.node.host.Addrs(id)}
			if err := emit(map[string]interface{}{"Type": 4, "Responses": []interface{}{one}}); err != nil {
				return err
			}
		}
	}
	return nil
}
