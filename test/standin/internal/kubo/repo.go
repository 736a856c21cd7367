package kubo

import (
	_ "embed" // the default config
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"standin/internal/filelock"
	"standin/internal/ojson"
	"standin/internal/peerid"
)

//go:embed default-config.json
var defaultConfig []byte

// Repo is an opened repository.
type Repo struct {
	path   string
	lock   *filelock.Lock
	mu     sync.Mutex
	cfg    config // the holder's copy; the file may differ after a hand edit
	key    peerid.Key
	keyErr error // what is wrong with Identity; said when the node is built
}

func repoPath() (string, error) {
	if p := os.Getenv("IPFS_PATH"); p != "" {
		return p, nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", err
	}
	return filepath.Join(home, ".ipfs"), nil
}

func initialized(path string) bool {
	_, err := os.Stat(filepath.Join(path, "config"))
	return err == nil
}

// initRepo is `ipfs init` (golden raw-01). The throw-away identity is said on
// stdout before anything can fail (fact 18).
func initRepo(path, profiles string) error {
	key := peerid.Generate()
	fmt.Println("generating ED25519 keypair...done")
	fmt.Println("peer identity: " + key.ID())
	fmt.Println("initializing IPFS node at " + path)
	if err := os.MkdirAll(path, 0o755); err != nil {
		return err
	}
	if initialized(path) {
		return errors.New("ipfs configuration file already exists!\nReinitializing would overwrite your keys\n")
	}
	cfg, err := ojson.ParseObject(defaultConfig)
	if err != nil {
		return err
	}
	if !hasAutoConf() {
		for _, key := range []string{"DNS.Resolvers", "Routing.DelegatedRouters", "Ipns.DelegatedPublishers"} {
			cfg.Set(key, nil)
		}
		cfg.Set("Bootstrap", ojson.List(mainnet))
	}
	cfg.Set("Identity.PeerID", key.ID())
	cfg.Set("Identity.PrivKey", key.Private())
	for _, name := range strings.Split(profiles, ",") {
		if name == "" {
			continue
		}
		settings, _, err := profile(name)
		if err != nil {
			return err
		}
		for _, s := range settings {
			cfg.Set(s.key, s.value)
		}
	}
	return layOut(path, cfg)
}

func layOut(path string, cfg *ojson.Object) error {
	text, err := json.MarshalIndent(cfg, "", "  ")
	if err != nil {
		return err
	}
	parsed, err := parseConfig(text)
	if err != nil {
		return err
	}
	for _, d := range []string{"blocks/X3", "datastore"} {
		if err := os.MkdirAll(filepath.Join(path, d), 0o755); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(filepath.Join(path, "keystore"), 0o700); err != nil {
		return err
	}
	files := []struct {
		name, text string
		mode       os.FileMode
	}{
		{"blocks/SHARDING", "/repo/flatfs/shard/v1/next-to-last/2\n", 0o644},
		{"blocks/_README", "Blocks, one file each, by the two characters before the last of their name.\n", 0o444},
		{"blocks/diskUsage.cache", `{"diskUsage":0,"accuracy":"initial-exact"}`, 0o600},
		{"datastore/CURRENT", "MANIFEST-000000\n", 0o644},
		{"datastore/LOCK", "", 0o644},
		{"datastore/pins.json", `{"QmUNLLsPACCz1vLxQVkXqqLX5R1X345qqfHbsf67hvA3Nn":"recursive"}`, 0o644},
		{"datastore_spec", diskSpec(parsed), 0o600},
		{"version", repoVersion + "\n", 0o644},
		{"config", string(text), 0o600},
	}
	for _, f := range files {
		if err := writeFile(filepath.Join(path, f.name), []byte(f.text), f.mode); err != nil {
			return err
		}
	}
	_, err = (&store{path: path}).putText("\n\x02\b\x01")
	return err
}

// diskSpec is the part of Datastore.Spec that datastore_spec keeps.
func diskSpec(cfg config) string {
	spec, _ := cfg.get("Datastore.Spec")
	b, _ := json.Marshal(onDisk(spec))
	return string(b)
}

func onDisk(v interface{}) interface{} {
	switch x := v.(type) {
	case map[string]interface{}:
		out := map[string]interface{}{}
		for _, k := range []string{"mounts", "mountpoint", "path", "shardFunc", "type", "child"} {
			if val, ok := x[k]; ok {
				out[k] = onDisk(val)
			}
		}
		return out
	case []interface{}:
		out := []interface{}{}
		for _, e := range x {
			out = append(out, onDisk(e))
		}
		return out
	}
	return v
}

var errNeedMigration = errors.New("ipfs repo needs migration, please run migration tool.")

// openRepo checks in the real order: there, lock, version, config, datastore.
func openRepo(path string) (*Repo, error) {
	if !initialized(path) {
		return nil, fmt.Errorf("no IPFS repo found in %s.\nplease run: 'ipfs init'", path)
	}
	lock, err := takeLock(filepath.Join(path, "repo.lock"))
	if err != nil {
		return nil, err
	}
	r := &Repo{path: path, lock: lock}
	if err := r.load(); err != nil {
		lock.Release()
		return nil, err
	}
	return r, nil
}

func takeLock(path string) (*filelock.Lock, error) {
	wait, _ := time.ParseDuration(os.Getenv("IPFS_WAIT_REPO_LOCK"))
	for until := time.Now().Add(wait); ; time.Sleep(100 * time.Millisecond) {
		lock, err := filelock.Take(path)
		if err == nil || time.Now().After(until) {
			return lock, err
		}
	}
}

func (r *Repo) load() error {
	version, err := versionOf(r.path)
	if err != nil {
		return err
	}
	if wanted, _ := strconv.Atoi(repoVersion); version > wanted {
		return fmt.Errorf("Your programs version (%d) is lower than your repos (%d).\n%s", wanted, version,
			"Please update ipfs to a version that supports the existing repo, or run\na migration in reverse.\n\n"+
				"See https://github.com/ipfs/fs-repo-migrations/blob/master/run.md for details.")
	} else if version < wanted {
		return errNeedMigration
	}
	if r.cfg, err = readConfig(r.file("config")); err != nil {
		return err
	}
	if err := decodes(r.cfg); err != nil {
		return err
	}
	if spec, err := r.cfg.get("Datastore.Spec"); err != nil || spec == nil {
		return errors.New("required Datastore.Spec entry missing from config file")
	}
	onDiskNow, err := os.ReadFile(r.file("datastore_spec"))
	if err != nil {
		return err
	}
	if want := diskSpec(r.cfg); strings.TrimSpace(string(onDiskNow)) != want {
		return fmt.Errorf("datastore configuration of '%s' does not match what is on disk '%s'",
			strings.TrimSpace(string(onDiskNow)), want)
	}
	r.key, r.keyErr = identity(r.cfg)
	return nil
}

func versionOf(path string) (int, error) {
	b, err := os.ReadFile(filepath.Join(path, "version"))
	if os.IsNotExist(err) {
		return 0, errors.New("no version file found, please run 0-to-1 migration tool.\nSee https://github.com/ipfs/fs-repo-migrations/blob/master/run.md\nSorry for the inconvenience. In the future, these will run automatically.")
	} else if err != nil {
		return 0, err
	}
	version, err := strconv.Atoi(strings.TrimSpace(string(b)))
	if err != nil {
		return 0, errors.New("invalid data in repo version file")
	}
	return version, nil
}

func identity(cfg config) (peerid.Key, error) {
	id := cfg.text("Identity.PeerID")
	if id == "" {
		return peerid.Key{}, errors.New("identity was not set in config (was 'ipfs init' run?)")
	}
	if cfg.text("Identity.PrivKey") == "" {
		return peerid.Key{}, fmt.Errorf("missing private key for node ID: %s", id)
	}
	key, err := peerid.Parse(cfg.text("Identity.PrivKey"))
	if err == nil && key.ID() != id {
		err = fmt.Errorf("private key in config does not match id: %s != %s", id, key.ID())
	}
	return key, err
}

func (r *Repo) file(name string) string { return filepath.Join(r.path, name) }

func (r *Repo) config() config {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.cfg.clone()
}

// setKey is `ipfs config K V`: it works on the file and makes the result the
// holder's copy.
func (r *Repo) setKey(key string, value interface{}) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := checkKey(key); err != nil {
		return err
	}
	cfg, err := readConfig(r.file("config"))
	if err != nil {
		return err
	}
	secret := cfg.text("Identity.PrivKey")
	if err := cfg.set(key, value); err != nil {
		return err
	}
	_ = cfg.set("Identity.PrivKey", secret)
	if err := decodes(cfg); err != nil {
		return err
	}
	r.cfg = cfg
	return cfg.write(r.file("config"))
}

// setConfig writes the holder's copy; hand edits under a running daemon are
// lost here (golden raw-05).
func (r *Repo) setConfig(cfg config) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	file, err := readConfig(r.file("config"))
	if err != nil {
		return err
	}
	for k, v := range cfg {
		file[k] = v
	}
	r.cfg = cfg
	return file.write(r.file("config"))
}

// Close lets go of the repo.
func (r *Repo) Close() { r.lock.Release() }
