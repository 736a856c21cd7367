// Package cluster is the stand-in for ipfs-cluster-service: its init, its
// daemon and its REST API (ipfs-operations.md sections 0, 1.4, 1.5, 6; golden
// raw-01, raw-04, raw-08..12, raw-18).
package cluster

import (
	_ "embed" // the default configurations
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"standin/internal/cid"
	"standin/internal/logx"
	"standin/internal/maddr"
	"standin/internal/ojson"
	"standin/internal/peerid"
)

//go:embed service-crdt.json
var defaultCrdt []byte

//go:embed service-raft.json
var defaultRaft []byte

// settings is a loaded configuration folder.
type settings struct {
	dir    string
	json   *ojson.Object
	key    peerid.Key
	secret []byte // nil: an unprotected network
	raft   bool
}

// envPrefixes are the sections whose keys the environment overrides at every
// start (fact 9): prefix + the key in upper case without underscores.
var envPrefixes = []struct{ prefix, path string }{
	{"CLUSTER_", "cluster"}, {"CLUSTER_CRDT_", "consensus.crdt"}, {"CLUSTER_RAFT_", "consensus.raft"},
	{"CLUSTER_RESTAPI_", "api.restapi"}, {"CLUSTER_IPFSPROXY_", "api.ipfsproxy"},
	{"CLUSTER_PINSVCAPI_", "api.pinsvcapi"}, {"CLUSTER_IPFSHTTP_", "ipfs_connector.ipfshttp"},
	{"CLUSTER_STATELESS_", "pin_tracker.stateless"}, {"CLUSTER_PUBSUBMON_", "monitor.pubsubmon"},
	{"CLUSTER_BALANCED_", "allocator.balanced"}, {"CLUSTER_DISK_", "informer.disk"},
	{"CLUSTER_PINQUEUE_", "informer.pinqueue"}, {"CLUSTER_TAGS_", "informer.tags"},
	{"CLUSTER_METRICS_", "observations.metrics"}, {"CLUSTER_TRACING_", "observations.tracing"},
}

func applyEnv(cfg *ojson.Object) error {
	for _, p := range envPrefixes {
		section := cfg.Object(p.path)
		if section == nil {
			continue
		}
		for _, key := range section.Keys {
			name := p.prefix + strings.ToUpper(strings.Replace(key, "_", "", -1))
			text, ok := os.LookupEnv(name)
			if !ok {
				continue
			}
			switch section.Values[key].(type) {
			case []interface{}:
				section.Put(key, ojson.List(strings.Split(text, ",")))
			case json.Number:
				section.Put(key, json.Number(text))
			case bool:
				section.Put(key, text == "true" || text == "1")
			case string, nil:
				section.Put(key, text)
			}
		}
	}
	return nil
}

func decodeSecret(text string) ([]byte, error) {
	if text == "" {
		logx.Warn("cluster", "ipfs-cluster/cluster_config.go:731", "Cluster secret is empty, cluster will start on unprotected network.")
		return nil, nil
	}
	raw, err := hex.DecodeString(text)
	if err == nil && len(raw) != 32 {
		err = fmt.Errorf("input secret is %d bytes, cluster secret should be 32", len(raw))
	}
	if err != nil {
		return nil, fmt.Errorf("error loading cluster secret from config: %w", err)
	}
	return raw, nil
}

// validate checks what the real program checks when it loads a configuration.
func validate(cfg *ojson.Object) error {
	for _, key := range []string{"listen_multiaddress", "peer_addresses"} {
		for _, text := range textList(cfg.Get("cluster." + key)) {
			if _, err := maddr.Parse(text); err != nil {
				return fmt.Errorf("error parsing %s: %w", key, err)
			}
		}
	}
	for _, key := range []string{"dial_peer_timeout", "state_sync_interval", "pin_recover_interval",
		"monitor_ping_interval", "peer_watch_interval", "mdns_interval"} {
		text := cfg.Text("cluster." + key)
		if d, err := time.ParseDuration(text); text != "" && (err != nil || (d <= 0 && key != "mdns_interval")) {
			return fmt.Errorf("error parsing cluster.%s", key)
		}
	}
	for _, id := range cfg.Strings("consensus.crdt.trusted_peers") {
		if _, err := cid.PeerID(id); id != "*" && err != nil {
			return fmt.Errorf("error parsing trusted_peers: %w", err)
		}
	}
	return nil
}

func textList(v interface{}) []string {
	if s, ok := v.(string); ok {
		return []string{s}
	}
	list, _ := v.([]interface{})
	var out []string
	for _, x := range list {
		if s, ok := x.(string); ok {
			out = append(out, s)
		}
	}
	return out
}

// load reads service.json and identity.json with the environment on top.
func load(dir string) (*settings, error) {
	path := filepath.Join(dir, "service.json")
	b, err := os.ReadFile(path)
	if err != nil {
		logx.Error("config", "config/config.go:353", "error reading the configuration file: %v", err)
		return nil, fmt.Errorf("error loading configurations: %w", err)
	}
	s := &settings{dir: dir}
	if s.json, err = ojson.ParseObject(b); err == nil && s.json.Object("cluster") == nil {
		err = errors.New("error loading component (cluster): the configuration section is missing")
	}
	if err == nil {
		s.raft = s.json.Object("consensus.raft") != nil
		if !s.raft && s.json.Object("consensus.crdt") == nil {
			err = errors.New("no consensus component is configured")
		}
	}
	if err == nil {
		err = validate(s.json)
	}
	if _, overridden := os.LookupEnv("CLUSTER_SECRET"); err == nil && !overridden {
		_, err = decodeQuiet(s.json.Text("cluster.secret"))
	}
	if err != nil {
		return nil, fmt.Errorf("error loading configurations: %w", err)
	}
	if err = applyEnv(s.json); err == nil {
		err = validate(s.json)
	}
	if err == nil {
		s.secret, err = decodeSecret(s.json.Text("cluster.secret"))
	}
	if err != nil {
		return nil, fmt.Errorf("error applying environment variables to configuration: %w", err)
	}
	s.key, err = loadIdentity(dir)
	return s, err
}

func decodeQuiet(text string) ([]byte, error) {
	if text == "" {
		return nil, nil
	}
	return decodeSecret(text)
}

type identity struct {
	ID         string `json:"id"`
	PrivateKey string `json:"private_key"`
}

func loadIdentity(dir string) (peerid.Key, error) {
	b, err := os.ReadFile(filepath.Join(dir, "identity.json"))
	var id identity
	if err == nil {
		err = json.Unmarshal(b, &id)
	}
	if v := os.Getenv("CLUSTER_ID"); v != "" {
		id.ID = v
	}
	if v := os.Getenv("CLUSTER_PRIVATEKEY"); v != "" {
		id.PrivateKey = v
	}
	if err != nil {
		return peerid.Key{}, fmt.Errorf("error loading identity: %w", err)
	}
	key, err := peerid.Parse(id.PrivateKey)
	if err != nil {
		return key, fmt.Errorf("error loading identity: error parsing private_key: %w", err)
	}
	if key.ID() != id.ID {
		return key, errors.New("error loading identity: identity ID does not match the private_key")
	}
	return key, nil
}

func (s *settings) duration(path string, otherwise time.Duration) time.Duration {
	if d, err := time.ParseDuration(s.json.Text(path)); err == nil {
		return d
	}
	return otherwise
}

func (s *settings) number(path string, otherwise int) int {
	n, ok := s.json.Get(path).(json.Number)
	if !ok {
		return otherwise
	}
	v, err := n.Int64()
	if err != nil {
		return otherwise
	}
	return int(v)
}

func writeFile(path string, b []byte, mode os.FileMode) error {
	tmp := path + ".tmp"
	if err := os.WriteFile(tmp, b, mode); err != nil {
		return err
	}
	return os.Rename(tmp, path)
}
