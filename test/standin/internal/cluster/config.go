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

// omitted are keys that service.json leaves out while they have no value; the
// environment sets them all the same.
var omitted = map[string]map[string]interface{}{
	"cluster": {"follower_mode": false},
}

func applyEnv(cfg *ojson.Object) error {
	for _, p := range envPrefixes {
		section := cfg.Object(p.path)
		if section == nil {
			continue
		}
		for key, value := range omitted[p.path] {
			if _, set := os.LookupEnv(p.prefix + strings.ToUpper(strings.Replace(key, "_", "", -1))); set && section.Values[key] == nil {
				section.Put(key, value)
			}
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

// validate checks what the real program checks when it loads a configuration,
// in its words.
func validate(cfg *ojson.Object) error {
	if v := cfg.Get("cluster.peername"); v != nil {
		if _, ok := v.(string); !ok {
			return errors.New("json: cannot unmarshal number into Go struct field configJSON.peername of type string")
		}
	}
	if len(textList(cfg.Get("cluster.listen_multiaddress"))) == 0 {
		return errors.New("cluster.listen_multiaddress is undefined")
	}
	for _, a := range []struct{ path, name string }{
		{"cluster.listen_multiaddress", "listen_multiaddress"}, {"cluster.peer_addresses", "peer_addresses"},
		{"api.restapi.http_listen_multiaddress", "restapi.http_listen_multiaddress"},
		{"api.pinsvcapi.http_listen_multiaddress", "pinsvcapi.http_listen_multiaddress"},
		{"api.ipfsproxy.listen_multiaddress", "proxy listen_multiaddress"},
		{"ipfs_connector.ipfshttp.node_multiaddress", "ipfs_node_multiaddress"},
	} {
		for _, text := range textList(cfg.Get(a.path)) {
			if _, err := maddr.Parse(text); err != nil {
				return fmt.Errorf("error parsing %s: %w", a.name, err)
			}
		}
	}
	for _, key := range []string{"dial_peer_timeout", "state_sync_interval", "pin_recover_interval",
		"monitor_ping_interval", "peer_watch_interval", "mdns_interval"} {
		text := cfg.Text("cluster." + key)
		d, err := time.ParseDuration(text)
		switch {
		case text == "":
		case err != nil:
			return fmt.Errorf("error parsing cluster.%s: %w", key, err)
		case d > 0 || key == "mdns_interval":
		case key == "monitor_ping_interval":
			return errors.New("cluster.monitoring_interval is invalid")
		default:
			return fmt.Errorf("cluster.%s is invalid", key)
		}
	}
	least, most := cfg.Number("cluster.replication_factor_min", -1), cfg.Number("cluster.replication_factor_max", -1)
	if err := checkFactors(least, most); err != nil {
		return err
	}
	for _, id := range cfg.Strings("consensus.crdt.trusted_peers") {
		if _, err := cid.PeerID(id); id != "*" && err != nil {
			return fmt.Errorf("error parsing trusted peers: failed to parse peer ID: %w", err)
		}
	}
	return nil
}

// checkFactors is isReplicationFactorValid; 0 is not set, so it is the default.
func checkFactors(least, most int) error {
	for _, n := range []*int{&least, &most} {
		if *n == 0 {
			*n = -1
		}
	}
	switch {
	case least > most:
		return errors.New("cluster.replication_factor_min is larger than max")
	case least < -1:
		return errors.New("cluster.replication_factor_min is wrong")
	case least != most && (least == -1 || most == -1):
		return errors.New("cluster.replication_factor_min and max must be -1 when one of them is")
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
	if !json.Valid(b) {
		err = json.Unmarshal(b, &struct{}{})
		logx.Error("config", "config/config.go:413", "error parsing JSON: %v", err)
	} else {
		err = s.decode(b)
	}
	if err != nil {
		return nil, fmt.Errorf("error loading configurations: %w", err)
	}
	return s, nil
}

// decode looks at the file first and then once more with the environment on
// top: what is wrong in the file counts, even where it is overridden.
func (s *settings) decode(b []byte) (err error) {
	if s.json, err = ojson.ParseObject(b); err != nil {
		return err
	}
	if s.json.Object("cluster") == nil {
		return errors.New("cluster section failed to validate: cluster.listen_multiaddress is undefined")
	}
	s.raft = s.json.Object("consensus.raft") != nil
	if err = validate(s.json); err == nil {
		_, err = decodeSecret(s.json.Text("cluster.secret"))
	}
	if err == nil {
		err = applyEnv(s.json)
	}
	if err == nil {
		err = validate(s.json)
	}
	if err == nil {
		s.secret, err = decodeSecret(s.json.Text("cluster.secret"))
	}
	if err != nil {
		return err
	}
	s.key, err = loadIdentity(s.dir)
	return err
}

type identity struct {
	ID         string `json:"id"`
	PrivateKey string `json:"private_key"`
}

func loadIdentity(dir string) (peerid.Key, error) {
	path := filepath.Join(dir, "identity.json")
	b, err := os.ReadFile(path)
	var id identity
	if err == nil {
		err = json.Unmarshal(b, &id)
	} else if os.IsNotExist(err) {
		err = errors.New("error decoding cluster ID: failed to parse peer ID: invalid cid: cid too short")
	}
	if err != nil {
		return peerid.Key{}, fmt.Errorf("error loading identity: %w", err)
	}
	where := "error loading identity from " + path
	for name, value := range map[string]*string{"CLUSTER_ID": &id.ID, "CLUSTER_PRIVATEKEY": &id.PrivateKey} {
		if v := os.Getenv(name); v != "" {
			*value, where = v, "error applying environment variables to the identity"
		}
	}
	key, err := peerid.Parse(id.PrivateKey)
	if err == nil && key.ID() != id.ID {
		err = errors.New("identity ID does not match the private_key")
	}
	if err != nil {
		return key, fmt.Errorf("%s: %w", where, err)
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
	return s.json.Number(path, otherwise)
}

func writeFile(path string, b []byte, mode os.FileMode) error {
	tmp := path + ".tmp"
	if err := os.WriteFile(tmp, b, mode); err != nil {
		return err
	}
	return os.Rename(tmp, path)
}
