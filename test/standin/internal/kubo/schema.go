package kubo

import (
	"encoding/json"
	"fmt"
	"strings"

	"standin/internal/cid"
	"standin/internal/maddr"
)

// schema lists the keys of kubo's config with the kind of their values:
// s text, b flag, i number, l list of texts, t text or list of texts,
// d duration or number, p list of peers, a anything below.
const schema = `
Identity s PeerID PrivKey
Datastore s StorageMax GCPeriod
Datastore i StorageGCWatermark BloomFilterSize BlockKeyCacheSize
Datastore b HashOnRead WriteThrough
Datastore a Spec
Addresses l Swarm Announce AppendAnnounce NoAnnounce
Addresses t API Gateway
Mounts s IPFS IPNS MFS
Mounts b FuseAllowOther StoreMtime StoreMode
Discovery.MDNS b Enabled
Routing s Type
Routing b AcceleratedDHTClient LoopbackAddressesOnLanDHT
Routing l IgnoreProviders DelegatedRouters
Routing a Routers Methods
Ipns s RepublishPeriod RecordLifetime
Ipns d MaxCacheTTL
Ipns i ResolveCacheSize
Ipns b UsePubsub
Ipns l DelegatedPublishers
. l Bootstrap
Gateway a HTTPHeaders PublicGateways
Gateway s RootRedirect DiagnosticServiceURL
Gateway b NoFetch NoDNSLink DeserializedResponses AllowCodecConversion DisableHTMLErrors ExposeRoutingAPI
Gateway d RetrievalTimeout MaxRequestDuration
Gateway i MaxConcurrentRequests FastDirIndexThreshold MaxRangeRequestFileSize
API a HTTPHeaders Authorizations
Swarm l AddrFilters
Swarm b DisableBandwidthMetrics DisableNatPortMap DisableRelay EnableRelayHop EnableAutoRelay EnableHolePunching
Swarm.RelayClient b Enabled
Swarm.RelayClient l StaticRelays
Swarm.RelayService b Enabled
Swarm.RelayService i ConnectionDataLimit MaxReservations MaxCircuits BufferSize MaxReservationsPerIP MaxReservationsPerASN
Swarm.RelayService d ConnectionDurationLimit ReservationTTL
Swarm.Transports.Network b QUIC TCP Websocket Relay WebTransport WebRTCDirect
Swarm.Transports.Security a TLS SECIO Noise
Swarm.Transports.Multiplexers a Yamux Mplex
Swarm.ConnMgr s Type
Swarm.ConnMgr i LowWater HighWater
Swarm.ConnMgr d GracePeriod SilencePeriod
Swarm.ResourceMgr b Enabled
Swarm.ResourceMgr a Limits MaxMemory
Swarm.ResourceMgr i MaxFileDescriptors
Swarm.ResourceMgr l Allowlist
AutoNAT s ServiceMode
AutoNAT a Throttle
AutoTLS b Enabled AutoWSS ShortAddrs SkipDNSLookup
AutoTLS s DomainSuffix RegistrationEndpoint RegistrationToken CAEndpoint
AutoTLS d RegistrationDelay
Pubsub s Router SeenMessagesStrategy
Pubsub b DisableSigning Enabled
Pubsub d SeenMessagesTTL
Peering p Peers
DNS a Resolvers
DNS d MaxCacheTTL
DNS b OverrideSystem
Migration l DownloadSources
Migration s Keep
AutoConf b Enabled TLSInsecureSkipVerify
AutoConf s URL
AutoConf d RefreshInterval
Provide b Enabled
Provide s Strategy
Provide a DHT BloomFPRate
Provider b Enabled
Provider s Strategy
Provider i WorkerCount
Reprovider d Interval
Reprovider s Strategy
HTTPRetrieval b Enabled TLSInsecureSkipVerify
HTTPRetrieval l Allowlist Denylist
HTTPRetrieval i NumWorkers MaxDontHaveErrors
HTTPRetrieval a MaxBlockSize
Experimental b FilestoreEnabled UrlstoreEnabled Libp2pStreamMounting P2pHttpProxy OptimisticProvide GatewayOverLibp2p
Experimental i OptimisticProvideJobsPoolSize
Experimental a GraphsyncEnabled AcceleratedDHTClient StrategicProviding
Plugins a Plugins
Pinning a RemoteServices
Import i CidVersion UnixFSFileMaxLinks UnixFSDirectoryMaxLinks UnixFSHAMTDirectoryMaxFanout BatchMaxNodes BatchMaxSize
Import b UnixFSRawLeaves FastProvideRoot FastProvideDAG FastProvideWait
Import s UnixFSChunker HashFunction UnixFSHAMTDirectorySizeThreshold UnixFSHAMTDirectorySizeEstimation UnixFSDAGLayout
Version s AgentSuffix
Version b SwarmCheckEnabled
Version a SwarmCheckPercentThreshold
Internal a Bitswap UnixFSShardingSizeThreshold Libp2pForceReachability BackupBootstrapInterval MFSNoFlushLimit
Bitswap b Libp2pEnabled ServerEnabled
`

var (
	leaves   = map[string]string{}
	branches = map[string]bool{}
)

func init() {
	for _, l := range strings.Split(strings.TrimSpace(schema), "\n") {
		f := strings.Fields(l)
		prefix := f[0] + "."
		if f[0] == "." {
			prefix = ""
		}
		for _, key := range f[2:] {
			leaves[prefix+key] = f[1]
		}
		for at := f[0]; at != "." && at != ""; {
			branches[at] = true
			dot := strings.LastIndexByte(at, '.')
			if dot < 0 {
				break
			}
			at = at[:dot]
		}
	}
}

// checkKey refuses to set a key the config does not have (golden raw-07).
func checkKey(key string) error {
	parts := strings.Split(key, ".")
	for i := range parts {
		at := strings.Join(parts[:i+1], ".")
		if kind, ok := leaves[at]; ok {
			if i+1 < len(parts) && kind != "a" {
				return fmt.Errorf("%s key is not a map", at)
			}
			return nil
		}
		if !branches[at] {
			return fmt.Errorf("%s not found", at)
		}
	}
	return nil
}

// decodes checks that every value has the kind the config wants.
func decodes(cfg map[string]interface{}) error {
	if err := walk("", cfg); err != nil {
		return fmt.Errorf("failure to decode config: %w", err)
	}
	return nil
}

func walk(prefix string, m map[string]interface{}) error {
	for k, v := range m {
		at := prefix + k
		kind, leaf := leaves[at]
		sub, isMap := v.(map[string]interface{})
		if (leaf && !fits(kind, v)) || (branches[at] && v != nil && !isMap) {
			return misfit(prefix, at, kind, v)
		}
		if kind == "p" {
			if err := checkPeers(v); err != nil {
				return err
			}
		}
		if branches[at] && isMap {
			if err := walk(at+".", sub); err != nil {
				return err
			}
		}
	}
	return nil
}

// misfit names the struct that the value was for, then its whole path.
func misfit(prefix, at, kind string, v interface{}) error {
	owner := "Config"
	if parts := strings.Split(prefix, "."); len(parts) > 1 {
		owner = parts[len(parts)-2]
	}
	types := map[string]string{"s": "string", "b": "bool", "i": "int64", "l": "[]string", "p": "[]peer.AddrInfo"}
	wanted := types[kind]
	if wanted == "" {
		wanted = "config." + at[strings.LastIndexByte(at, '.')+1:]
	}
	return fmt.Errorf("json: cannot unmarshal %s into Go struct field %s.%s of type %s", jsonKind(v), owner, at, wanted)
}

// checkPeers reads ids and addresses of Peering.Peers, which a wrong one
// stops at the config already, unlike one of Bootstrap.
func checkPeers(v interface{}) error {
	for _, p := range (config{"Peering": map[string]interface{}{"Peers": v}}).peeringPeers() {
		if _, err := cid.PeerID(p.ID); err != nil {
			return fmt.Errorf("failed to parse peer ID: %w", err)
		}
		for _, a := range p.Addrs {
			if _, err := maddr.Parse(a); err != nil {
				return err
			}
		}
	}
	return nil
}

func jsonKind(v interface{}) string {
	switch v.(type) {
	case string:
		return "string"
	case bool:
		return "bool"
	case json.Number, float64:
		return "number"
	case []interface{}:
		return "array"
	}
	return "object"
}

func fits(kind string, v interface{}) bool {
	if v == nil || kind == "a" {
		return true
	}
	got := jsonKind(v)
	switch kind {
	case "s":
		return got == "string"
	case "b":
		return got == "bool"
	case "i":
		return got == "number"
	case "d":
		return got == "string" || got == "number"
	case "t":
		return got == "string" || texts(v)
	case "l":
		return texts(v)
	}
	list, ok := v.([]interface{})
	for _, p := range list {
		peer, isMap := p.(map[string]interface{})
		if !isMap || !fits("s", peer["ID"]) || !fits("l", peer["Addrs"]) {
			return false
		}
	}
	return ok
}

func texts(v interface{}) bool {
	list, ok := v.([]interface{})
	for _, x := range list {
		if _, isText := x.(string); !isText {
			return false
		}
	}
	return ok
}
