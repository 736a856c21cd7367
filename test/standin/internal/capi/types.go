// Package capi has the JSON that ipfs-cluster-service and ipfs-cluster-ctl
// exchange, with the keys in the real order (golden json/ctl-*.json).
package capi

import "time"

// Version is the version of both cluster programs.
const Version = "1.1.6"

// IPFSID is what a peer knows of its kubo.
type IPFSID struct {
	ID        string   `json:"id,omitempty"`
	Addresses []string `json:"addresses"`
	Error     string   `json:"error"`
}

// ID is a cluster peer; an unreachable one has only id and error.
type ID struct {
	ID                    string   `json:"id"`
	Addresses             []string `json:"addresses"`
	ClusterPeers          []string `json:"cluster_peers"`
	ClusterPeersAddresses []string `json:"cluster_peers_addresses"`
	Version               string   `json:"version"`
	Commit                string   `json:"commit"`
	RPCProtocolVersion    string   `json:"rpc_protocol_version"`
	Error                 string   `json:"error"`
	IPFS                  IPFSID   `json:"ipfs"`
	Peername              string   `json:"peername"`
}

// Added is one line of the answer to an add.
type Added struct {
	Name        string   `json:"name"`
	Cid         string   `json:"cid"`
	Size        uint64   `json:"size,omitempty"`
	Allocations []string `json:"allocations,omitempty"`
}

// Pin is an entry of the pin set.
type Pin struct {
	ReplicationFactorMin int               `json:"replication_factor_min"`
	ReplicationFactorMax int               `json:"replication_factor_max"`
	Name                 string            `json:"name"`
	Mode                 string            `json:"mode"`
	ShardSize            uint64            `json:"shard_size"`
	UserAllocations      []string          `json:"user_allocations"`
	ExpireAt             time.Time         `json:"expire_at"`
	Metadata             map[string]string `json:"metadata"`
	PinUpdate            *string           `json:"pin_update"`
	Origins              []string          `json:"origins"`
	Cid                  string            `json:"cid"`
	Type                 string            `json:"type"`
	Allocations          []string          `json:"allocations"`
	MaxDepth             int               `json:"max_depth"`
	Reference            *string           `json:"reference"`
	Timestamp            time.Time         `json:"timestamp"`
}

// NewPin is a recursive pin made now.
func NewPin(cid string) Pin {
	return Pin{ReplicationFactorMin: -1, ReplicationFactorMax: -1, Mode: "recursive", ShardSize: 104857600,
		Origins: []string{}, Cid: cid, Type: "pin", Allocations: []string{}, MaxDepth: -1,
		Timestamp: time.Now().UTC().Truncate(time.Second)}
}

// PinInfo is the state of a pin on one peer.
type PinInfo struct {
	Peername      string    `json:"peername"`
	IPFSPeerID    string    `json:"ipfs_peer_id,omitempty"`
	IPFSAddresses []string  `json:"ipfs_peer_addresses,omitempty"`
	Status        string    `json:"status"`
	Timestamp     time.Time `json:"timestamp"`
	Error         string    `json:"error"`
	AttemptCount  int       `json:"attempt_count"`
	PriorityPin   bool      `json:"priority_pin"`
}

// GlobalPinInfo is the state of a pin on all peers.
type GlobalPinInfo struct {
	Cid         string             `json:"cid"`
	Name        string             `json:"name"`
	Allocations []string           `json:"allocations"`
	Origins     []string           `json:"origins"`
	Created     time.Time          `json:"created"`
	Metadata    map[string]string  `json:"metadata"`
	PeerMap     map[string]PinInfo `json:"peer_map"`
}

// Metric is one measured value of a peer.
type Metric struct {
	Name          string `json:"name"`
	Peer          string `json:"peer"`
	Value         string `json:"value"`
	Expire        int64  `json:"expire"`
	Valid         bool   `json:"valid"`
	Weight        int64  `json:"weight"`
	Partitionable bool   `json:"partitionable"`
	ReceivedAt    int64  `json:"received_at"`
}

// Alert is an expired metric.
type Alert struct {
	Metric
	TriggeredAt time.Time `json:"triggered_at"`
}

// PingValue is the value of a ping metric.
type PingValue struct {
	PeerName      string   `json:"peer_name"`
	IPFSID        string   `json:"ipfs_id"`
	IPFSAddresses []string `json:"ipfs_addresses"`
}

// Graph is who is connected to whom.
type Graph struct {
	ClusterID         string              `json:"cluster_id"`
	IDtoPeername      map[string]string   `json:"id_to_peername"`
	IPFSLinks         map[string][]string `json:"ipfs_links"`
	ClusterLinks      map[string][]string `json:"cluster_links"`
	ClusterTrustLinks map[string]bool     `json:"cluster_trust_links"`
	ClusterToIPFS     map[string]string   `json:"cluster_to_ipfs"`
}

// Error is the answer of a failed request.
type Error struct {
	Code    int    `json:"code"`
	Message string `json:"message"`
}

func (e Error) Error() string { return e.Message }
