package kubo

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sort"

	"standin/internal/knob"
	"standin/internal/unixfs"
)

func init() {
	words := func(before, after string) func(io.Writer, *request, json.RawMessage) error {
		return func(w io.Writer, _ *request, raw json.RawMessage) error {
			var v struct{ Pins []string }
			err := json.Unmarshal(raw, &v)
			for _, p := range v.Pins {
				fmt.Fprintf(w, "%s%s%s\n", before, p, after)
			}
			return err
		}
	}
	register(
		&command{path: "pin add", opts: "recursive:r progress name:n=", min: 1, max: -1, arg: "ipfs-path",
			run: runPinAdd, text: words("pinned ", " recursively")},
		&command{path: "pin rm", opts: "recursive:r", min: 1, max: -1, arg: "ipfs-path",
			run: runPinRm, text: words("unpinned ", "")},
		&command{path: "pin ls", opts: "type:t= quiet:q stream:s names:n name=", max: -1, arg: "ipfs-path",
			run: runPinLs, text: pinLsText},
	)
}

func runPinAdd(r *request, emit emitter) error {
	var out []string
	for _, arg := range r.args {
		c, err := pathCid(arg)
		if err != nil {
			return err
		}
		if knob.PinFails(c.String()) {
			return errors.New("pin: context deadline exceeded")
		}
		seen := 0
		if err := r.node.fetchAll(r.ctx, c, func(unixfs.Node) error {
			seen++
			if r.on("progress") {
				return emit(map[string]int{"Progress": seen})
			}
			return nil
		}); err != nil {
			return fmt.Errorf("pin: %w", err)
		}
		if err := r.node.store.changePins(func(p map[string]string) error {
			p[c.String()] = "recursive"
			return nil
		}); err != nil {
			return err
		}
		out = append(out, c.String())
	}
	return emit(map[string]interface{}{"Pins": out})
}

func runPinRm(r *request, emit emitter) error {
	var out []string
	for _, arg := range r.args {
		c, err := pathCid(arg)
		if err != nil {
			return err
		}
		if err := r.node.store.changePins(func(p map[string]string) error {
			if p[c.String()] == "" {
				return errors.New("not pinned or pinned indirectly")
			}
			delete(p, c.String())
			return nil
		}); err != nil {
			return err
		}
		out = append(out, c.String())
	}
	return emit(map[string]interface{}{"Pins": out})
}

type pinStream struct{ Cid, Type, Name string }

func runPinLs(r *request, emit emitter) error {
	pins := r.node.store.pins()
	var list []pinStream
	if len(r.args) == 0 {
		for text, mode := range pins {
			list = append(list, pinStream{text, mode, ""})
		}
	}
	for _, arg := range r.args {
		c, err := pathCid(arg)
		if err != nil {
			return err
		}
		mode := pins[c.String()]
		if mode == "" || (r.opts["type"] != "" && r.opts["type"] != "all" && r.opts["type"] != mode) {
			return fmt.Errorf("path '/ipfs/%s' is not pinned", c)
		}
		list = append(list, pinStream{c.String(), mode, ""})
	}
	sort.Slice(list, func(i, j int) bool { return list[i].Cid < list[j].Cid })
	if r.on("stream") {
		for _, p := range list {
			if err := emit(p); err != nil {
				return err
			}
		}
		return nil
	}
	keys := map[string]interface{}{}
	for _, p := range list {
		keys[p.Cid] = map[string]string{"Type": p.Type, "Name": ""}
	}
	return emit(map[string]interface{}{"Keys": keys})
}

func pinLsText(w io.Writer, r *request, raw json.RawMessage) error {
	var v struct {
		pinStream
		Keys map[string]pinStream
	}
	if err := json.Unmarshal(raw, &v); err != nil {
		return err
	}
	if v.Keys == nil {
		v.Keys = map[string]pinStream{v.Cid: v.pinStream}
	}
	var names []string
	for k := range v.Keys {
		names = append(names, k)
	}
	sort.Strings(names)
	for _, k := range names {
		if r.on("quiet") {
			fmt.Fprintln(w, k)
		} else {
			fmt.Fprintf(w, "%s %s\n", k, v.Keys[k].Type)
		}
	}
	return nil
}
