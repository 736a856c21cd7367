package kubo

import (
	"errors"
	"fmt"
	"os"

	"standin/internal/logx"
)

var (
	errDefaultURL = errors.New("AutoConf cannot use the default mainnet URL (https://conf.ipfs-mainnet.org/autoconf.json) on a private network (swarm.key or LIBP2P_FORCE_PNET detected). Either disable AutoConf by setting AutoConf.Enabled=false, or configure AutoConf.URL to point to a configuration service specific to your private swarm")
	errOnlyAuto   = errors.New("no usable bootstrap peers: AutoConf is disabled (AutoConf.Enabled=false) but 'auto' placeholder is used in Bootstrap config. Either set AutoConf.Enabled=true to enable automatic configuration, or replace 'auto' with specific Bootstrap peer addresses")
	errNoKey      = errors.New("privnet: private network was not configured but is enforced by the environment")
)

func forced() bool { return os.Getenv("LIBP2P_FORCE_PNET") == "1" }

func isPrivate(r *Repo) bool {
	_, err := os.Stat(r.file("swarm.key"))
	return err == nil || forced()
}

// checkPrivate does the checks before the node is built, in the real order
// (ipfs-operations.md 1.7 P2a, P2b; golden raw-02, raw-06), and says PeerID.
func checkPrivate(r *Repo) error {
	cfg := r.config()
	private := isPrivate(r)
	if !hasAutoConf() {
		// Nothing to look at: the lists hold addresses.
	} else if !cfg.isFalse("AutoConf.Enabled") {
		url := cfg.text("AutoConf.URL")
		if private && (url == "" || url == "auto" || url == "https://conf.ipfs-mainnet.org/autoconf.json") {
			return errDefaultURL
		}
	} else if err := checkAutos(cfg); err != nil {
		return err
	}
	fmt.Println("PeerID: " + cfg.text("Identity.PeerID"))
	if private {
		if err := checkPrivateConfig(cfg); err != nil {
			return err
		}
	}
	return checkRouting(cfg)
}

func checkAutos(cfg config) error {
	boot := cfg.list("Bootstrap")
	resolvers, _ := cfg.get("DNS.Resolvers")
	resolved := ""
	if m, ok := resolvers.(map[string]interface{}); ok {
		for _, v := range m {
			if v == "auto" {
				resolved = "auto"
			}
		}
	}
	for _, f := range []struct {
		key  string
		list []string
	}{
		{"Bootstrap", boot}, {"DNS.Resolvers", []string{resolved}},
		{"Routing.DelegatedRouters", cfg.list("Routing.DelegatedRouters")},
		{"Ipns.DelegatedPublishers", cfg.list("Ipns.DelegatedPublishers")},
	} {
		if contains(f.list, "auto") {
			logx.Error("autoconf", "config/autoconf_client.go:116", "%s contains 'auto' but AutoConf.Enabled=false", f.key)
		}
	}
	usable := 0
	for _, b := range boot {
		if b != "auto" {
			usable++
		}
	}
	if contains(boot, "auto") && usable == 0 {
		logx.Error("autoconf", "config/autoconf_client.go:122", "Kubo cannot start with only 'auto' Bootstrap values when AutoConf.Enabled=false")
		return errOnlyAuto
	}
	return nil
}

func checkPrivateConfig(cfg config) error {
	switch cfg.text("Routing.Type") {
	case "", "auto":
		logx.Error("cmd/ipfs", "kubo/daemon.go:468", "Private networking (swarm.key / LIBP2P_FORCE_PNET) does not work with public HTTP IPNIs enabled by Routing.Type=auto. Kubo will use Routing.Type=dht instead. Update config to remove this message.")
	}
	if cfg.isTrue("AutoTLS.Enabled") {
		return errors.New("private networking (swarm.key / LIBP2P_FORCE_PNET) does not work with AutoTLS.Enabled=true, update config to remove this message")
	}
	if !cfg.isFalse("AutoTLS.Enabled") {
		logx.Error("cmd/ipfs", "kubo/daemon.go:482", "private networking (swarm.key / LIBP2P_FORCE_PNET) is not compatible with AutoTLS. Set AutoTLS.Enabled=false in config to remove this message.")
	}
	return nil
}

func checkRouting(cfg config) error {
	switch kind := cfg.text("Routing.Type"); kind {
	case "", "auto", "autoclient", "dhtclient", "dht", "dhtserver", "none", "delegated", "custom":
		return nil
	default:
		return fmt.Errorf("unrecognized routing option: %s", kind)
	}
}

// refuseOld ends the program where the node is already built: kubo 0.42 says
// these as its last line of log, not as its error (0.44 does).
func refuseOld(r *Repo) {
	cfg := r.config()
	const docs = "Documentation: https://github.com/ipfs/kubo/blob/master/docs/config.md#provide"
	if cfg.text("Routing.Type") == "autoclient" && isPrivate(r) {
		logx.Fatal("cmd/ipfs", "kubo/daemon.go:547", "Private network does not work with Routing.Type=auto. Update your config to Routing.Type=dht (or none, and do manual peering)")
	}
	if minor() < 38 {
		return
	}
	if cfg.hasAny("Provider.Enabled", "Provider.Strategy", "Provider.WorkerCount") {
		logx.Fatal("cmd/ipfs", "kubo/daemon.go:554", "Deprecated configuration detected. Manually migrate 'Provider' fields to 'Provide' and remove 'Provider' from your config. "+docs)
	}
	if cfg.hasAny("Reprovider.Interval", "Reprovider.Strategy") {
		logx.Fatal("cmd/ipfs", "kubo/daemon.go:558", "Deprecated configuration detected. Manually migrate 'Reprovider' fields to 'Provide': Reprovider.Strategy -> Provide.Strategy, Reprovider.Interval -> Provide.DHT.Interval. Remove 'Reprovider' from your config. "+docs)
	}
}

// construct builds the node: key, transports, bootstrap list, listeners. What
// fails here is said once in the log and once as the error.
func construct(n *Node) (psk []byte, err error) {
	psk, err = constructNode(n)
	if err != nil {
		logx.Error("core", "core/builder.go:170", "constructing the node: %v", err)
	}
	return psk, err
}

func constructNode(n *Node) ([]byte, error) {
	cfg := n.repo.config()
	if n.repo.keyErr != nil {
		return nil, n.repo.keyErr
	}
	key, err := readSwarmKey(n.repo.file("swarm.key"))
	if err != nil {
		return nil, err
	}
	if key != nil {
		for _, t := range []struct{ flag, name string }{
			{"QUIC", "QUIC"}, {"WebTransport", "WebTransport"}, {"WebRTCDirect", "WebRTC Direct"},
		} {
			if cfg.isTrue("Swarm.Transports.Network." + t.flag) {
				return nil, fmt.Errorf("%s transport does not support private networks, please disable Swarm.Transports.Network.%s", t.name, t.flag)
			}
		}
		if !cfg.isFalse("Swarm.Transports.Network.Websocket") && os.Getenv("LIBP2P_TCP_MUX") != "false" {
			logx.Error("p2pnode", "libp2p/transport.go:46", "libp2p.ShareTCPListener() is not supported in private networks, please disable Swarm.Transports.Network.Websocket or run with LIBP2P_TCP_MUX=false to make this message go away")
		}
	} else if forced() {
		logx.Error("p2p-config", "config/config.go:168", "tried to create a libp2p node with no Private Network Protector but usage of Private Networks is forced by the environment")
		return nil, errNoKey
	}
	return key, n.goOnline(key)
}
