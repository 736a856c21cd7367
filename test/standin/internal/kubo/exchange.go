package kubo

import (
	"context"
	"errors"
	"fmt"
	"time"

	"standin/internal/cid"
	"standin/internal/swarm"
	"standin/internal/unixfs"
)

// The exchange of blocks between connected daemons.

func (n *Node) serveBlock(c *swarm.Conn, body []byte) ([]byte, error) {
	id, err := cid.Decode(string(body))
	if err != nil {
		return nil, err
	}
	if !n.host.MayExchange(c.Peer) {
		return nil, errors.New("no exchange")
	}
	block, ok := n.store.get(id)
	if !ok {
		return nil, errors.New("not found")
	}
	return block, nil
}

func (n *Node) serveHas(_ *swarm.Conn, body []byte) ([]byte, error) {
	id, err := cid.Decode(string(body))
	if err == nil && !n.store.has(id) {
		err = errors.New("not found")
	}
	return nil, err
}

// block gets a block from here or from a connected peer, and waits until one
// has it or ctx ends: the real program hangs there too.
func (n *Node) block(ctx context.Context, c cid.Cid) ([]byte, error) {
	if b, ok := n.store.get(c); ok {
		return b, nil
	}
	if n.host == nil {
		return nil, fmt.Errorf("block was not found locally (offline): ipld: could not find %s", c)
	}
	for {
		if b := n.want(ctx, c); b != nil {
			return b, n.store.put(c, b)
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-n.changed:
		case <-time.After(300 * time.Millisecond):
		}
	}
}

func (n *Node) want(ctx context.Context, c cid.Cid) []byte {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	var peers []string
	for _, id := range n.host.Peers() {
		if n.host.MayExchange(id) {
			peers = append(peers, id)
		}
	}
	found := make(chan []byte, len(peers))
	for _, id := range peers {
		go func(conn *swarm.Conn) {
			var b []byte
			if conn != nil {
				b, _ = conn.Request(ctx, "block", []byte(c.String()))
			}
			if b != nil && !c.Matches(b) {
				b = nil
			}
			found <- b
		}(n.host.Conn(id))
	}
	for range peers {
		select {
		case b := <-found:
			if b != nil {
				return b
			}
		case <-ctx.Done():
			return nil
		}
	}
	return nil
}

// fetchAll gets a whole tree.
func (n *Node) fetchAll(ctx context.Context, c cid.Cid, each func(unixfs.Node) error) error {
	b, err := n.block(ctx, c)
	if err != nil {
		return err
	}
	node, err := unixfs.Decode(c.Codec, b)
	if err != nil {
		return err
	}
	if err := each(node); err != nil {
		return err
	}
	for _, l := range node.Links {
		if err := n.fetchAll(ctx, l.Cid, each); err != nil {
			return err
		}
	}
	return nil
}
