package kubo

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"strings"
)

// config is kubo's config file as a map; written back its keys are sorted, as
// the real program does after the first CLI write.
type config map[string]interface{}

func readConfig(path string) (config, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return parseConfig(b)
}

func parseConfig(b []byte) (config, error) {
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	c := config{}
	if err := d.Decode(&c); err != nil {
		return nil, err
	}
	return c, nil
}

func (c config) write(path string) error {
	b, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		return err
	}
	return writeFile(path, b, 0o600)
}

func writeFile(path string, b []byte, mode os.FileMode) error {
	tmp := path + ".tmp"
	if err := os.WriteFile(tmp, b, mode); err != nil {
		return err
	}
	return os.Rename(tmp, path)
}

func (c config) clone() config {
	b, _ := json.Marshal(c)
	out, _ := parseConfig(b)
	return out
}

// get follows a dotted key; the error names the path up to the first part
// that is missing.
func (c config) get(key string) (interface{}, error) {
	var v interface{} = map[string]interface{}(c)
	parts := strings.Split(key, ".")
	for i, part := range parts {
		m, ok := v.(map[string]interface{})
		if !ok {
			return nil, fmt.Errorf("%s key is not a map", strings.Join(parts[:i], "."))
		}
		if v, ok = m[part]; !ok {
			return nil, fmt.Errorf("%s not found", strings.Join(parts[:i+1], "."))
		}
	}
	return v, nil
}

func (c config) set(key string, value interface{}) error {
	m := map[string]interface{}(c)
	parts := strings.Split(key, ".")
	for i, part := range parts[:len(parts)-1] {
		next, ok := m[part].(map[string]interface{})
		if !ok {
			if m[part] != nil {
				return fmt.Errorf("%s key is not a map", strings.Join(parts[:i+1], "."))
			}
			next = map[string]interface{}{}
			m[part] = next
		}
		m = next
	}
	m[parts[len(parts)-1]] = value
	return nil
}

func (c config) text(key string) string {
	v, _ := c.get(key)
	s, _ := v.(string)
	return s
}

// flag is a three-valued switch: nil when unset.
func (c config) flag(key string) *bool {
	v, _ := c.get(key)
	if b, ok := v.(bool); ok {
		return &b
	}
	return nil
}

func (c config) isTrue(key string) bool  { f := c.flag(key); return f != nil && *f }
func (c config) isFalse(key string) bool { f := c.flag(key); return f != nil && !*f }

func (c config) hasAny(keys ...string) bool {
	for _, key := range keys {
		if v, err := c.get(key); err == nil && v != nil {
			return true
		}
	}
	return false
}

// list is a list of texts; a single text counts as a list of one.
func (c config) list(key string) []string {
	v, _ := c.get(key)
	if s, ok := v.(string); ok {
		return []string{s}
	}
	var out []string
	items, _ := v.([]interface{})
	for _, x := range items {
		if s, ok := x.(string); ok {
			out = append(out, s)
		}
	}
	return out
}

type peerEntry struct {
	ID    string
	Addrs []string
}

func (c config) peeringPeers() []peerEntry {
	v, _ := c.get("Peering.Peers")
	b, _ := json.Marshal(v)
	var out []peerEntry
	_ = json.Unmarshal(b, &out)
	return out
}

// scrubbed is what `config show` may say.
func (c config) scrubbed() config {
	out := c.clone()
	if m, ok := out["Identity"].(map[string]interface{}); ok {
		delete(m, "PrivKey")
	}
	if m, ok := out["API"].(map[string]interface{}); ok && m["Authorizations"] != nil {
		m["Authorizations"] = map[string]interface{}{}
	}
	if m, ok := out["Pinning"].(map[string]interface{}); ok {
		m["RemoteServices"] = map[string]interface{}{}
	}
	return out
}

func human(v interface{}) string {
	if s, ok := v.(string); ok {
		return s + "\n"
	}
	b, _ := json.MarshalIndent(v, "", "  ")
	return string(b) + "\n"
}

// checkPlugins is what every ipfs command does first: the plugin loader reads
// the config file, so a broken one stops all of them (golden raw-06).
func checkPlugins(path string) error {
	f, err := os.Open(path)
	if os.IsNotExist(err) {
		return nil
	}
	if err == nil {
		defer f.Close()
		var v struct{ Plugins interface{} }
		err = json.NewDecoder(f).Decode(&v)
	}
	if err != nil {
		return fmt.Errorf("error loading plugins: %w", err)
	}
	return nil
}
