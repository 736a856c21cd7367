package kubo

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"sort"
	"strings"
)

type configField struct {
	Key   string
	Value interface{}
}

func init() {
	register(
		&command{path: "config", opts: "json bool expand-auto", min: 1, max: 2, arg: "key", run: runConfig,
			text: func(w io.Writer, r *request, raw json.RawMessage) error {
				var f configField
				if err := decodeNumbers(raw, &f); err != nil || len(r.args) == 2 {
					return err
				}
				_, err := io.WriteString(w, human(f.Value))
				return err
			}},
		&command{path: "config show", opts: "expand-auto", run: func(r *request, emit emitter) error {
			path, err := repoPath()
			if r.node != nil {
				path = r.node.repo.path
			}
			if err != nil {
				return err
			}
			cfg, err := readConfig(path + "/config")
			if err != nil {
				return err
			}
			return emit(cfg.scrubbed())
		}, text: func(w io.Writer, _ *request, raw json.RawMessage) error {
			var v interface{}
			if err := decodeNumbers(raw, &v); err != nil {
				return err
			}
			_, err := io.WriteString(w, human(v))
			return err
		}},
		&command{path: "config profile apply", opts: "dry-run", min: 1, max: 1, arg: "profile",
			run: runProfile, text: profileText},
		&command{path: "config replace", min: 1, max: 1, arg: "file", file: true, run: runReplace, text: silent},
	)
}

func decodeNumbers(raw []byte, v interface{}) error {
	d := json.NewDecoder(strings.NewReader(string(raw)))
	d.UseNumber()
	return d.Decode(v)
}

func runConfig(r *request, emit emitter) error {
	key := r.args[0]
	switch low := strings.ToLower(key); {
	case low == "identity" || low == "identity.privkey":
		return errors.New("cannot show or change private key through API")
	case strings.HasPrefix(low, "pinning.remoteservices"):
		return errors.New("cannot show or change pinning services credentials")
	}
	repo := r.node.repo
	if len(r.args) == 2 {
		value, err := configValue(r)
		if err != nil {
			return err
		}
		if err := repo.setKey(key, value); err != nil {
			return fmt.Errorf("failed to set config value: %w (maybe use --json?)", err)
		}
	}
	cfg, err := readConfig(repo.file("config"))
	if err != nil {
		return err
	}
	value, err := cfg.get(key)
	if err != nil {
		return fmt.Errorf("failed to get config value: %q", err)
	}
	return emit(configField{key, value})
}

func configValue(r *request) (interface{}, error) {
	text := r.args[1]
	switch {
	case r.on("json"):
		var v interface{}
		if err := json.Unmarshal([]byte(text), &v); err != nil {
			return nil, fmt.Errorf("failed to unmarshal json. %w", err)
		}
		err := decodeNumbers([]byte(text), &v)
		return v, err
	case r.on("bool"):
		return text == "true", nil
	}
	return text, nil
}

func runProfile(r *request, emit emitter) error {
	settings, initOnly, err := profile(r.args[0])
	if err != nil {
		return fmt.Errorf("%s is not a profile", r.args[0])
	}
	if initOnly {
		return fmt.Errorf("profile '%s' can only be applied when initializing the repo", r.args[0])
	}
	old := r.node.repo.config()
	cfg := old.clone()
	for _, s := range settings {
		if err := cfg.set(s.key, s.value); err != nil {
			return err
		}
	}
	if !r.on("dry-run") {
		if err := r.node.repo.setConfig(cfg); err != nil {
			return err
		}
	}
	return emit(map[string]interface{}{"OldCfg": old.scrubbed(), "NewCfg": cfg.scrubbed()})
}

func profileText(w io.Writer, _ *request, raw json.RawMessage) error {
	var v struct{ OldCfg, NewCfg map[string]interface{} }
	if err := decodeNumbers(raw, &v); err != nil {
		return err
	}
	fmt.Fprint(w, "{\n", diff(v.OldCfg, v.NewCfg, ""), "}\n")
	return nil
}

// diff shows two configs key by key, as `config profile apply` does.
func diff(before, after map[string]interface{}, indent string) string {
	var keys []string
	for k := range before {
		keys = append(keys, k)
	}
	for k := range after {
		if _, ok := before[k]; !ok {
			keys = append(keys, k)
		}
	}
	sort.Strings(keys)
	compact := func(v interface{}) string { b, _ := json.Marshal(v); return string(b) }
	var out strings.Builder
	for _, k := range keys {
		old, was := before[k]
		now, is := after[k]
		oldMap, ok1 := old.(map[string]interface{})
		nowMap, ok2 := now.(map[string]interface{})
		switch {
		case reflect.DeepEqual(old, now) && was == is:
			fmt.Fprintf(&out, "%s%q: %s,\n", indent, k, compact(old))
		case ok1 && ok2 && len(oldMap) > 0:
			fmt.Fprintf(&out, "%s%q: {\n%s%s    },\n", indent, k, diff(oldMap, nowMap, indent+"    "), indent)
		default:
			if was {
				fmt.Fprintf(&out, "%s<> %q: %s,\n", indent, k, compact(old))
			}
			if is {
				fmt.Fprintf(&out, "%s** %q: %s,\n", indent, k, compact(now))
			}
		}
	}
	return out.String()
}

func runReplace(r *request, _ emitter) error {
	b, err := io.ReadAll(r.body)
	if err != nil {
		return err
	}
	cfg, err := parseConfig(b)
	if err != nil {
		return errors.New("failed to decode file as config")
	}
	if id, ok := cfg["Identity"].(map[string]interface{}); ok && id["PrivKey"] != nil && id["PrivKey"] != "" {
		return errors.New("setting private key with API is not supported")
	}
	if err := decodes(cfg); err != nil {
		return err
	}
	if err := cfg.set("Identity.PeerID", r.node.repo.key.ID()); err != nil {
		return err
	}
	_ = cfg.set("Identity.PrivKey", r.node.repo.key.Private())
	return r.node.repo.setConfig(cfg)
}
