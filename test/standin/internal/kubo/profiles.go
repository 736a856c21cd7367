package kubo

import (
	"crypto/rand"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

type setting struct {
	key   string
	value interface{}
}

// unroutable is what profile `server` filters (golden kubo-server.diff); on a
// LAN no peer can be dialled then (fact 10).
var unroutable = []interface{}{
	"/ip4/10.0.0.0/ipcidr/8", "/ip4/100.64.0.0/ipcidr/10", "/ip4/127.0.0.0/ipcidr/8",
	"/ip4/169.254.0.0/ipcidr/16", "/ip4/172.16.0.0/ipcidr/12", "/ip4/192.0.0.0/ipcidr/24",
	"/ip4/192.0.2.0/ipcidr/24", "/ip4/192.168.0.0/ipcidr/16", "/ip4/198.18.0.0/ipcidr/15",
	"/ip4/198.51.100.0/ipcidr/24", "/ip4/203.0.113.0/ipcidr/24", "/ip4/240.0.0.0/ipcidr/4",
	"/ip6/::/ipcidr/3", "/ip6/::1/ipcidr/128", "/ip6/100::/ipcidr/64", "/ip6/2001:2::/ipcidr/48",
	"/ip6/2001:db8::/ipcidr/32", "/ip6/fc00::/ipcidr/7", "/ip6/fe80::/ipcidr/10",
}

// mainnet is the Bootstrap list of a new repo before 0.37.
var mainnet = []string{
	"/dnsaddr/bootstrap.libp2p.io/p2p/QmNnooDu7bfjPFoTZYxMNLWUQJyrVwtbZg5gBMjTezGAJN",
	"/dnsaddr/bootstrap.libp2p.io/p2p/QmQCU2EcMqAqQPR2i9bChDtGNJchTbq5TbXJJ16u19uLTa",
	"/dnsaddr/bootstrap.libp2p.io/p2p/QmbLHAnMoJPWSCR5Zhtx6BHJX9KiKNN6tpvbUcqanj75Nb",
	"/dnsaddr/bootstrap.libp2p.io/p2p/QmcZf59bWwK5XFi76CZX8cbJ4BhTzzA3gU1ZjYZcYW3dwt",
}

var (
	none  = []interface{}{}
	autos = []interface{}{"auto"}
)

func defaultSwarm(port int) []interface{} {
	p := strconv.Itoa(port)
	out := []interface{}{"/ip4/0.0.0.0/tcp/" + p, "/ip6/::/tcp/" + p}
	for _, udp := range []string{"/ip4/0.0.0.0/udp/", "/ip6/::/udp/"} {
		for _, kind := range []string{"/webrtc-direct", "/quic-v1", "/quic-v1/webtransport"} {
			out = append(out, udp+p+kind)
		}
	}
	return out
}

func mount(path, kind string) map[string]interface{} {
	return map[string]interface{}{"path": path, "type": kind, "prefix": kind + ".datastore"}
}

// profile gives the settings of a configuration profile; initOnly ones choose
// the datastore.
func profile(name string) (settings []setting, initOnly bool, err error) {
	if strings.HasPrefix(name, "autoconf-") && !hasAutoConf() {
		return nil, false, fmt.Errorf("invalid configuration profile: %s", name)
	}
	switch name {
	case "server":
		return []setting{{"Addresses.NoAnnounce", unroutable}, {"Swarm.AddrFilters", unroutable},
			{"Discovery.MDNS.Enabled", false}, {"Swarm.DisableNatPortMap", true}}, false, nil
	case "local-discovery":
		return []setting{{"Addresses.NoAnnounce", none}, {"Swarm.AddrFilters", none},
			{"Discovery.MDNS.Enabled", true}, {"Swarm.DisableNatPortMap", false}}, false, nil
	case "test":
		return []setting{{"Addresses.API", "/ip4/127.0.0.1/tcp/0"}, {"Addresses.Gateway", "/ip4/127.0.0.1/tcp/0"},
			{"Addresses.Swarm", []interface{}{"/ip4/127.0.0.1/tcp/0"}}, {"Swarm.DisableNatPortMap", true},
			{"Routing.LoopbackAddressesOnLanDHT", true}, {"Bootstrap", none}, {"Discovery.MDNS.Enabled", false},
			{"AutoTLS.Enabled", false}, {"AutoConf.Enabled", false}, {"DNS.Resolvers", nil},
			{"Routing.DelegatedRouters", nil}, {"Ipns.DelegatedPublishers", nil}}, false, nil
	case "default-networking":
		return []setting{{"Addresses.API", "/ip4/127.0.0.1/tcp/5001"}, {"Addresses.Gateway", "/ip4/127.0.0.1/tcp/8080"},
			{"Addresses.Swarm", defaultSwarm(4001)}, {"Addresses.NoAnnounce", none}, {"Bootstrap", autos},
			{"Swarm.DisableNatPortMap", false}, {"Discovery.MDNS.Enabled", true}}, false, nil
	case "autoconf-off":
		return []setting{{"Bootstrap", nil}, {"DNS.Resolvers", nil}, {"Routing.DelegatedRouters", nil},
			{"Ipns.DelegatedPublishers", nil}, {"AutoConf.Enabled", false}}, false, nil
	case "autoconf-on":
		return []setting{{"Bootstrap", autos}, {"DNS.Resolvers", map[string]interface{}{".": "auto"}},
			{"Routing.DelegatedRouters", autos}, {"Ipns.DelegatedPublishers", autos},
			{"AutoConf.Enabled", true}}, false, nil
	case "lowpower":
		return []setting{{"Routing.Type", "autoclient"}, {"AutoNAT.ServiceMode", "disabled"},
			{"Swarm.ConnMgr.Type", "basic"}, {"Swarm.ConnMgr.LowWater", json.Number("20")},
			{"Swarm.ConnMgr.HighWater", json.Number("40")}, {"Swarm.ConnMgr.GracePeriod", "1m0s"}}, false, nil
	case "announce-off", "announce-on":
		return []setting{{"Provide.Enabled", name == "announce-on"}}, false, nil
	case "randomports":
		return []setting{{"Addresses.Swarm", defaultSwarm(randomPort())}}, false, nil
	case "flatfs":
		return nil, true, nil
	case "pebbleds", "badgerds":
		m := mount(name, name)
		if name == "badgerds" {
			m["syncWrites"], m["truncate"] = false, true
		}
		return []setting{{"Datastore.Spec", m}}, true, nil
	}
	return nil, false, fmt.Errorf("invalid configuration profile: %s", name)
}

func randomPort() int {
	var b [2]byte
	_, _ = rand.Read(b[:])
	return 20000 + int(binary.BigEndian.Uint16(b[:]))%30000
}
