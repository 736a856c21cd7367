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

// checkPrivate does the checks before the node is built, in the real order
// (ipfs-operations.md 1.7 P2a, P2b; golden raw-02, raw-06), and says PeerID.
func checkPrivate(r *Repo) error {
	cfg := r.config()
	_, statErr := os.Stat(r.file("swarm.key"))
	private := statErr == nil || forced()
	if !cfg.isFalse("AutoConf.Enabled") {
		url := cfg.text("AutoConf.URL")
		if private && (url == "" || url == "auto" || url == "https://conf.ipfs-mainnet.org/autoconf.json") {
			return errDefaultURL
		}
	} else if err := checkAutos(cfg); err != nil {
		return err
	}
	fmt.Println("PeerID: " + r.key.ID())
	if private {
		if err := checkPrivateConfig(cfg); err != nil {
			return err
		}
	}
	for _, old := range []string{"Provider", "Reprovider"} {
		if m, ok := cfg[old].(map[string]interface{}); ok && hasValue(m) {
			return deprecated(old)
		}
	}
	return nil
}

func hasValue(m map[string]interface{}) bool {
	for _, v := range m {
		if v != nil {
			return true
		}
	}
	return false
}

func deprecated(section string) error {
	moves := "Reprovider.Strategy -> Provide.Strategy, Reprovider.Interval -> Provide.DHT.Interval"
	if section == "Provider" {
		moves = "Provider.Enabled -> Provide.Enabled, Provider.WorkerCount -> Provide.DHT.MaxWorkers"
	}
	return fmt.Errorf("deprecated configuration detected. Manually migrate '%s' fields to 'Provide': %s. Remove '%s' from your config. Documentation: https://github.com/ipfs/kubo/blob/master/docs/config.md#provide",
		section, moves, section)
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
	if cfg.text("Routing.Type") == "autoclient" {
		return errors.New("private network does not work with Routing.Type=auto. Update your config to Routing.Type=dht (or none, and do manual peering)")
	}
	return nil
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
			logx.Error("core/libp2p", "libp2p/transport.go:46", "libp2p.ShareTCPListener() is not supported in private networks, please disable Swarm.Transports.Network.Websocket or run with LIBP2P_TCP_MUX=false to make this message go away")
		}
	} else if forced() {
		logx.Error("p2p-config", "config/config.go:168", "tried to create a libp2p node with no Private Network Protector but usage of Private Networks is forced by the environment")
		return nil, errNoKey
	}
	return key, n.goOnline(key)
}
