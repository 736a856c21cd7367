// Package peerid makes and reads peer identities as libp2p does: ed25519 keys
// in their protobuf frame, ids as the identity multihash of the public key in
// base58btc (`12D3KooW...`, 52 characters).
package peerid

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"errors"

	"standin/internal/base"
)

// Key is a node's key pair.
type Key struct{ priv ed25519.PrivateKey }

var (
	privHead = []byte{0x08, 0x01, 0x12, 0x40}
	pubHead  = []byte{0x08, 0x01, 0x12, 0x20}
)

// Generate makes a new key pair.
func Generate() Key {
	_, priv, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		panic(err)
	}
	return Key{priv}
}

// Parse reads the base64 form kept in Identity.PrivKey and identity.json.
func Parse(b64 string) (Key, error) {
	raw, err := base64.StdEncoding.DecodeString(b64)
	if err != nil {
		return Key{}, err
	}
	if len(raw) != 68 || !bytes.HasPrefix(raw, privHead) {
		return Key{}, errors.New("not an ed25519 private key")
	}
	k := Key{ed25519.NewKeyFromSeed(raw[4:36])}
	if !bytes.Equal(k.priv, raw[4:]) {
		return Key{}, errors.New("expected redundant ed25519 public key to be redundant")
	}
	return k, nil
}

// Private is the base64 form of the private key.
func (k Key) Private() string {
	return base64.StdEncoding.EncodeToString(append(append([]byte{}, privHead...), k.priv...))
}

// PublicBytes is the protobuf form of the public key.
func (k Key) PublicBytes() []byte {
	return append(append([]byte{}, pubHead...), k.priv.Public().(ed25519.PublicKey)...)
}

// Public is the base64 form `ipfs id` shows as PublicKey.
func (k Key) Public() string { return base64.StdEncoding.EncodeToString(k.PublicBytes()) }

// ID is the peer id.
func (k Key) ID() string { return idOf(k.PublicBytes()) }

// Sign signs a message.
func (k Key) Sign(msg []byte) []byte { return ed25519.Sign(k.priv, msg) }

func idOf(pub []byte) string {
	return base.Encode58(append([]byte{0x00, byte(len(pub))}, pub...))
}

// Verify checks a signature against a protobuf public key and returns the
// peer id the key stands for.
func Verify(pub, msg, sig []byte) (string, error) {
	if len(pub) != 36 || !bytes.HasPrefix(pub, pubHead) {
		return "", errors.New("not an ed25519 public key")
	}
	if !ed25519.Verify(ed25519.PublicKey(pub[4:]), msg, sig) {
		return "", errors.New("signature invalid")
	}
	return idOf(pub), nil
}
