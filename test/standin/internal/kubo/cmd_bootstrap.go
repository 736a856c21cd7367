package kubo

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sort"

	"standin/internal/maddr"
)

func init() {
	// For people the list is sorted, in JSON it is not.
	verb := func(word string) func(io.Writer, *request, json.RawMessage) error {
		return func(w io.Writer, _ *request, raw json.RawMessage) error {
			var v struct{ Peers []string }
			err := json.Unmarshal(raw, &v)
			sort.Strings(v.Peers)
			for _, p := range v.Peers {
				fmt.Fprintln(w, word+p)
			}
			return err
		}
	}
	register(
		&command{path: "bootstrap", opts: "expand-auto", run: runBootstrapList, text: verb("")},
		&command{path: "bootstrap list", opts: "expand-auto", run: runBootstrapList, text: verb("")},
		&command{path: "bootstrap add", opts: "default", max: -1, arg: "peer", run: runBootstrapAdd, text: verb("added ")},
		&command{path: "bootstrap add default", run: runBootstrapDefault, text: verb("added ")},
		&command{path: "bootstrap rm", opts: "all", max: -1, arg: "peer", run: runBootstrapRm, text: verb("removed ")},
		&command{path: "bootstrap rm all", run: runBootstrapRmAll, text: verb("removed ")},
	)
}

func peersOut(list []string) map[string]interface{} { return map[string]interface{}{"Peers": list} }

// runBootstrapList prints the holder's copy of the list, in its order.
func runBootstrapList(r *request, emit emitter) error {
	cfg := r.node.repo.config()
	list := cfg.list("Bootstrap")
	if v, _ := cfg.get("Bootstrap"); v != nil && list == nil {
		list = []string{} // [] is told as [], null as null
	}
	return emit(peersOut(list))
}

func checkBootstrap(text string) error {
	if text == "auto" {
		return nil
	}
	a, err := maddr.Parse(text)
	if err != nil {
		return err
	}
	t, id := a.Split()
	if id == "" {
		return fmt.Errorf("invalid bootstrap address: %s", text)
	}
	if len(t) == 0 {
		return fmt.Errorf("bootstrap address without a transport: %s", text)
	}
	return nil
}

func setBootstrap(r *Repo, list []string) error {
	cfg := r.config()
	cfg["Bootstrap"] = nil
	var out []interface{}
	for _, b := range list {
		out = append(out, b)
		cfg["Bootstrap"] = out
	}
	return r.setConfig(cfg)
}

// runBootstrapAdd puts the addresses in front, and says added even when they
// are there already (fact 11).
func runBootstrapAdd(r *request, emit emitter) error {
	if r.on("default") || contains(r.args, "auto") {
		return runBootstrapDefault(r, emit)
	}
	if len(r.args) == 0 {
		return errors.New("no bootstrap peers to add")
	}
	for _, text := range r.args {
		if err := checkBootstrap(text); err != nil {
			return err
		}
	}
	list := append([]string{}, r.args...)
	for _, old := range r.node.repo.config().list("Bootstrap") {
		if !contains(r.args, old) {
			list = append(list, old)
		}
	}
	if err := setBootstrap(r.node.repo, list); err != nil {
		return err
	}
	return emit(peersOut(r.args))
}

func runBootstrapDefault(r *request, emit emitter) error {
	cfg := r.node.repo.config()
	if cfg.isFalse("AutoConf.Enabled") {
		return errors.New("cannot add default bootstrap peers: AutoConf is disabled (AutoConf.Enabled=false). Enable AutoConf by setting AutoConf.Enabled=true in your config, or add specific peer addresses instead")
	}
	list := cfg.list("Bootstrap")
	if !contains(list, "auto") {
		list = append([]string{"auto"}, list...)
	}
	if err := setBootstrap(r.node.repo, list); err != nil {
		return err
	}
	return emit(peersOut([]string{"auto"}))
}

func runBootstrapRm(r *request, emit emitter) error {
	if r.on("all") {
		return runBootstrapRmAll(r, emit)
	}
	list := r.node.repo.config().list("Bootstrap")
	if contains(list, "auto") {
		return errors.New("cannot remove individual bootstrap peers when using 'auto' placeholder: the 'auto' value is managed by AutoConf. Disable AutoConf by setting 'AutoConf.Enabled=false' and replace 'auto' with specific bootstrap peers, or use 'ipfs bootstrap rm --all' to remove all peers")
	}
	var keep, removed []string
	for _, text := range r.args {
		if err := checkBootstrap(text); err != nil {
			return err
		}
	}
	for _, old := range list {
		if contains(r.args, old) {
			removed = append(removed, old)
		} else {
			keep = append(keep, old)
		}
	}
	if err := setBootstrap(r.node.repo, keep); err != nil {
		return err
	}
	return emit(peersOut(removed))
}

func runBootstrapRmAll(r *request, emit emitter) error {
	list := r.node.repo.config().list("Bootstrap")
	if err := setBootstrap(r.node.repo, nil); err != nil {
		return err
	}
	return emit(peersOut(list))
}
