package kubo

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"standin/internal/cid"
)

func init() {
	register(
		&command{path: "version", opts: "number:n commit repo all", run: func(_ *request, emit emitter) error {
			return emit(versionInfo())
		}, text: versionText},
		&command{path: "id", opts: "format:f= peerid-base=", max: 1, run: runID, text: idText},
		&command{path: "shutdown", run: func(r *request, _ emitter) error {
			if err := r.node.online(); err != nil {
				return fmt.Errorf("daemon not running")
			}
			r.node.shutdown()
			return nil
		}, text: silent},
		&command{path: "repo stat", opts: "size-only human:H", run: runRepoStat, text: repoStatText},
		&command{path: "repo version", opts: "quiet:q", run: func(_ *request, emit emitter) error {
			return emit(map[string]string{"Version": repoVersion})
		}, text: func(w io.Writer, r *request, _ json.RawMessage) error {
			if r.on("quiet") {
				fmt.Fprintf(w, "fs-repo@%s\n", repoVersion)
			} else {
				fmt.Fprintf(w, "ipfs repo version fs-repo@%s\n", repoVersion)
			}
			return nil
		}},
		&command{path: "repo gc", opts: "quiet:q silent stream-errors", run: runGC, text: gcText},
	)
}

func versionText(w io.Writer, r *request, raw json.RawMessage) error {
	var v versionOutput
	if err := json.Unmarshal(raw, &v); err != nil {
		return err
	}
	number := v.Version
	if r.on("commit") && v.Commit != "" {
		number += "-" + v.Commit
	}
	switch {
	case r.on("all"):
		if v.Commit != "" {
			v.Version += "-" + v.Commit
		}
		fmt.Fprintf(w, "Kubo version: %s\nRepo version: %s\nSystem version: %s\nGolang version: %s\n",
			v.Version, v.Repo, v.System, v.Golang)
	case r.on("repo"):
		fmt.Fprintln(w, v.Repo)
	case r.on("number"):
		fmt.Fprintln(w, number)
	default:
		fmt.Fprintf(w, "ipfs version %s\n", number)
	}
	return nil
}

type idOutput struct {
	ID           string
	PublicKey    string
	Addresses    []string
	AgentVersion string
	Protocols    []string
}

func runID(r *request, emit emitter) error {
	n := r.node
	me := idOutput{ID: n.repo.key.ID(), PublicKey: n.repo.key.Public(), AgentVersion: "kubo/" + Version}
	if len(r.args) == 1 {
		id, err := cid.PeerID(r.args[0])
		if err != nil {
			return fmt.Errorf("invalid peer id")
		}
		if id != me.ID {
			return runOtherID(n, id, emit)
		}
	}
	if n.host != nil {
		me.Addresses, me.Protocols = n.fullAddrs(), protocols
	}
	return emit(me)
}

func runOtherID(n *Node, id string, emit emitter) error {
	if n.host == nil {
		return fmt.Errorf("'ipfs id' cannot query information on remote peers without a running daemon; if you only want to convert --peerid-base, pass --offline option")
	}
	c := n.host.Conn(id)
	if c == nil {
		return fmt.Errorf("routing: not found")
	}
	out := idOutput{ID: id, AgentVersion: c.Agent, Protocols: protocols}
	if raw, err := base58ID(id); err == nil {
		out.PublicKey = base64.StdEncoding.EncodeToString(raw)
	}
	for _, a := range n.host.Addrs(id) {
		out.Addresses = append(out.Addresses, a+"/p2p/"+id)
	}
	return emit(out)
}

func idText(w io.Writer, r *request, raw json.RawMessage) error {
	var v idOutput
	if err := json.Unmarshal(raw, &v); err != nil {
		return err
	}
	if f, ok := r.opts["format"]; ok {
		f = strings.NewReplacer("<id>", v.ID, "<aver>", v.AgentVersion, "<pubkey>", v.PublicKey,
			"<addrs>", strings.Join(v.Addresses, "\n"), "<protocols>", strings.Join(v.Protocols, "\n"),
			`\n`, "\n", `\t`, "\t").Replace(f)
		_, err := io.WriteString(w, f)
		return err
	}
	b, err := json.MarshalIndent(v, "", "\t")
	fmt.Fprintln(w, string(b)+"\n")
	return err
}

type repoStat struct {
	RepoSize, StorageMax uint64
	NumObjects           int
	RepoPath, Version    string
}

func runRepoStat(r *request, emit emitter) error {
	hashes, size := r.node.store.all()
	out := repoStat{RepoSize: uint64(size), StorageMax: storageMax(r.node.repo.config().text("Datastore.StorageMax"))}
	if !r.on("size-only") {
		out.NumObjects, out.RepoPath, out.Version = len(hashes), r.node.repo.path, "fs-repo@"+repoVersion
	}
	return emit(out)
}

func storageMax(text string) uint64 {
	var n float64
	var unit string
	if _, err := fmt.Sscanf(text, "%f%s", &n, &unit); err != nil && n == 0 {
		return 0
	}
	scale := map[string]float64{"": 1, "B": 1, "KB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12,
		"KIB": 1 << 10, "MIB": 1 << 20, "GIB": 1 << 30, "TIB": 1 << 40}
	return uint64(n * scale[strings.ToUpper(unit)])
}

func repoStatText(w io.Writer, r *request, raw json.RawMessage) error {
	var v repoStat
	if err := json.Unmarshal(raw, &v); err != nil {
		return err
	}
	if !r.on("size-only") {
		fmt.Fprintf(w, "NumObjects: %d\n", v.NumObjects)
	}
	fmt.Fprintf(w, "RepoSize:   %d\nStorageMax: %d\n", v.RepoSize, v.StorageMax)
	if !r.on("size-only") {
		fmt.Fprintf(w, "RepoPath:   %s\nVersion:    %s\n", v.RepoPath, v.Version)
	}
	return nil
}

func runGC(r *request, emit emitter) error {
	return collect(r.node.store, emit)
}

// collectWhenFull is `ipfs daemon --enable-gc` (core/corerepo/gc.go): each
// GCPeriod it looks whether more than StorageGCWatermark % of StorageMax is
// stored. A period of 0 is none at all; of one that is no duration the daemon
// tells when it ends.
func collectWhenFull(n *Node) error {
	cfg := n.repo.config()
	text := cfg.text("Datastore.GCPeriod")
	if text == "" {
		text = "1h"
	}
	period, err := time.ParseDuration(text)
	if err != nil || period == 0 {
		return err
	}
	limit := storageMax(cfg.text("Datastore.StorageMax")) / 100 * 90
	go func() {
		for range time.Tick(period) {
			if _, size := n.store.all(); uint64(size) > limit {
				_ = collect(n.store, func(interface{}) error { return nil })
			}
		}
	}()
	return nil
}

func collect(s *store, emit emitter) error {
	keep := map[string]bool{}
	for text := range s.pins() {
		if c, err := cid.Decode(text); err == nil {
			s.reachable(c, keep)
		}
	}
	hashes, _ := s.all()
	for _, h := range hashes {
		if keep[h] {
			continue
		}
		c := cid.Cid{Version: 1, Codec: cid.Raw, Hash: h}
		if err := s.remove(c); err != nil {
			return err
		}
		if err := emit(map[string]interface{}{"Key": map[string]string{"/": c.String()}}); err != nil {
			return err
		}
	}
	return nil
}

func gcText(w io.Writer, r *request, raw json.RawMessage) error {
	var v struct{ Key map[string]string }
	if err := json.Unmarshal(raw, &v); err != nil || r.on("silent") {
		return err
	}
	if !r.on("quiet") {
		fmt.Fprint(w, "removed ")
	}
	fmt.Fprintln(w, v.Key["/"])
	return nil
}
