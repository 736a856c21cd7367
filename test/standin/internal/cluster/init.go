package cluster

import (
	"bufio"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"standin/internal/logx"
	"standin/internal/maddr"
	"standin/internal/ojson"
	"standin/internal/peerid"
)

// settle is the second that every init takes, prompt refused or not;
// STANDIN_INIT_DELAY may shorten it.
func settle() {
	d, err := time.ParseDuration(os.Getenv("STANDIN_INIT_DELAY"))
	if err != nil {
		d = time.Second
	}
	time.Sleep(d)
}

// runInit is `ipfs-cluster-service init` (golden raw-01, raw-11; facts 7, 8).
func runInit(dir string, f flags, args []string) error {
	consensus, ok := f["consensus"]
	if !ok {
		consensus = "crdt"
	}
	if consensus != "crdt" && consensus != "raft" {
		return errors.New("error choosing consensus: flag value must be set to 'raft' or 'crdt'")
	}
	switch f["datastore"] {
	case "", "pebble", "badger", "badger3", "leveldb":
	default:
		return errors.New("error choosing datastore: flag value must be set to 'leveldb', 'badger', 'badger3' or 'pebble'")
	}
	lock, err := takeLock(dir, true)
	if err != nil {
		return err
	}
	defer lock.Release()
	path := filepath.Join(dir, "service.json")
	if _, err := os.Stat(path); err == nil && f["force"] != "true" {
		if !confirm("The configuration file will be overwritten. Continue? [y/n]:") {
			settle()
			return nil
		}
	}
	cfg, peers, err := newConfig(consensus, f)
	if err != nil {
		return err
	}
	if len(args) > 0 {
		cfg = ojson.New()
		cfg.Put("source", args[0])
	}
	if err := save(dir, cfg, peers); err != nil {
		return err
	}
	settle()
	return nil
}

func newConfig(consensus string, f flags) (*ojson.Object, []string, error) {
	text := defaultCrdt
	if consensus == "raft" {
		text = defaultRaft
	}
	cfg, err := ojson.ParseObject(text)
	if err != nil {
		return nil, nil, err
	}
	host, _ := os.Hostname()
	cfg.Set("cluster.peername", host)
	secret := make([]byte, 32)
	if _, err := rand.Read(secret); err != nil {
		return nil, nil, err
	}
	cfg.Set("cluster.secret", hex.EncodeToString(secret))
	if f["custom-secret"] == "true" {
		fmt.Print("Enter cluster secret: ")
		l, _ := bufio.NewReader(os.Stdin).ReadString('\n')
		cfg.Set("cluster.secret", strings.TrimSpace(l))
		if _, err := decodeSecret(cfg.Text("cluster.secret")); err != nil {
			return nil, nil, fmt.Errorf("error parsing user-provided secret: %w", err)
		}
	}
	if d := f["datastore"]; d != "" && d != "pebble" && consensus == "crdt" {
		store := ojson.New()
		store.Put(d, ojson.New())
		cfg.Put("datastore", store)
	}
	err = applyEnv(cfg)
	if err == nil {
		err = validate(cfg)
	}
	if err == nil {
		_, err = decodeSecret(cfg.Text("cluster.secret"))
	}
	if err != nil {
		return nil, nil, fmt.Errorf("error applying environment variables to configuration: %w", err)
	}
	if f["randomports"] == "true" {
		randomPorts(cfg)
	}
	peers, err := initPeers(cfg, f["peers"])
	return cfg, peers, err
}

// initPeers takes --peers into the peerstore, trusted_peers and init_peerset.
func initPeers(cfg *ojson.Object, list string) ([]string, error) {
	var peers, ids []string
	for _, text := range strings.Split(list, ",") {
		if strings.TrimSpace(text) == "" {
			continue
		}
		a, err := maddr.Parse(strings.TrimSpace(text))
		if err != nil {
			return nil, fmt.Errorf("error parsing peer multiaddress: %w", err)
		}
		_, id := a.Split()
		if id == "" {
			return nil, errors.New("error parsing peer multiaddress: invalid p2p multiaddr")
		}
		peers, ids = append(peers, a.String()), append(ids, id)
	}
	if len(ids) == 0 {
		return nil, nil
	}
	if cfg.Object("consensus.crdt") != nil {
		cfg.Set("consensus.crdt.trusted_peers", ojson.List(ids))
	} else {
		cfg.Set("consensus.raft.init_peerset", ojson.List(ids))
	}
	return peers, nil
}

func randomPorts(cfg *ojson.Object) {
	var b [2]byte
	port := func() string {
		_, _ = rand.Read(b[:])
		return fmt.Sprint(20000 + (int(b[0])<<8|int(b[1]))%30000)
	}
	cfg.Set("cluster.listen_multiaddress", ojson.List([]string{"/ip4/0.0.0.0/tcp/" + port(), "/ip4/0.0.0.0/udp/" + port() + "/quic"}))
	cfg.Set("api.restapi.http_listen_multiaddress", "/ip4/127.0.0.1/tcp/"+port())
	cfg.Set("api.pinsvcapi.http_listen_multiaddress", "/ip4/127.0.0.1/tcp/"+port())
	cfg.Set("api.ipfsproxy.listen_multiaddress", "/ip4/127.0.0.1/tcp/"+port())
}

func save(dir string, cfg *ojson.Object, peers []string) error {
	text, err := json.MarshalIndent(cfg, "", "  ")
	if err != nil {
		return err
	}
	logx.Info("config", "config/config.go:482", "Saving configuration")
	path := filepath.Join(dir, "service.json")
	if err := writeFile(path, text, 0o600); err != nil {
		return fmt.Errorf("error saving configuration: %w", err)
	}
	fmt.Fprintf(os.Stderr, "configuration written to %s.\n", path)
	path = filepath.Join(dir, "identity.json")
	if _, err := os.Stat(path); os.IsNotExist(err) {
		key := peerid.Generate()
		text, _ := json.MarshalIndent(identity{key.ID(), key.Private()}, "", "    ")
		logx.Info("config", "config/identity.go:73", "Saving identity")
		if err := writeFile(path, text, 0o600); err != nil {
			return err
		}
		fmt.Fprintf(os.Stderr, "new identity written to %s\n", path)
	}
	path = filepath.Join(dir, "peerstore")
	lines := ""
	for _, p := range peers {
		lines += p + "\n"
	}
	if err := os.WriteFile(path, []byte(lines), 0o644); err != nil {
		return err
	}
	if len(peers) == 0 {
		fmt.Fprintf(os.Stderr, "new empty peerstore written to %s.\n", path)
	} else {
		fmt.Fprintf(os.Stderr, "peerstore written to %s with %d entries.\n", path, len(peers))
	}
	return nil
}

// confirm asks on stdout; no answer means no.
func confirm(prompt string) bool {
	in := bufio.NewReader(os.Stdin)
	for i := 0; i < 3; i++ {
		fmt.Printf("%s ", prompt)
		l, _ := in.ReadString('\n')
		switch strings.ToLower(strings.TrimSpace(l)) {
		case "y", "yes":
			return true
		case "n", "no", "":
			return false
		}
		fmt.Println("Please press either 'y' or 'n'")
	}
	return false
}
