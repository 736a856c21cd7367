// Package cid reads and writes content identifiers and peer ids in text form,
// with the error texts of go-cid and go-libp2p (golden raw-08, raw-09).
package cid

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"standin/internal/base"
)

// The codecs the stand-in knows.
const (
	Raw     = 0x55
	DagPB   = 0x70
	PeerKey = 0x72
)

var lower32 = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// Cid is a content identifier; Hash is the whole multihash.
type Cid struct {
	Version int
	Codec   uint64
	Hash    string
}

// Sum is the CID of a block: version 0 for dag-pb, else version 1.
func Sum(codec uint64, block []byte) Cid {
	sum := sha256.Sum256(block)
	c := Cid{Version: 1, Codec: codec, Hash: "\x12\x20" + string(sum[:])}
	if codec == DagPB {
		c.Version = 0
	}
	return c
}

// String is base58btc for version 0, base32 for version 1.
func (c Cid) String() string {
	if c.Version == 0 {
		return base.Encode58([]byte(c.Hash))
	}
	return "b" + lower32.EncodeToString(c.Bytes())
}

// Bytes is the binary form.
func (c Cid) Bytes() []byte {
	if c.Version == 0 {
		return []byte(c.Hash)
	}
	return append(base.PutUvarint(base.PutUvarint(nil, 1), c.Codec), c.Hash...)
}

// Matches tells whether block is the content of c.
func (c Cid) Matches(block []byte) bool { return Sum(c.Codec, block).Hash == c.Hash }

func invalid(err error) error { return fmt.Errorf("invalid cid: %w", err) }

// Decode reads the text form of a CID.
func Decode(s string) (Cid, error) {
	if len(s) < 2 {
		return Cid{}, invalid(errors.New("cid too short"))
	}
	if len(s) == 46 && strings.HasPrefix(s, "Qm") {
		raw, err := base.Decode58(s)
		if err != nil {
			return Cid{}, invalid(err)
		}
		if err := Multihash(raw); err != nil {
			return Cid{}, invalid(err)
		}
		return Cid{Codec: DagPB, Hash: string(raw)}, nil
	}
	raw, err := multibase(s)
	if err != nil {
		return Cid{}, invalid(err)
	}
	c, err := cast(raw)
	if err != nil {
		return Cid{}, invalid(err)
	}
	return c, nil
}

func multibase(s string) ([]byte, error) {
	rest := s[1:]
	var out []byte
	var err error
	switch s[0] {
	case 'b', 'B':
		out, err = lower32.DecodeString(strings.ToLower(rest))
	case 'z':
		out, err = base.Decode58(rest)
	case 'k', 'K':
		out, err = base.Decode36(rest)
	case 'f', 'F':
		out, err = hex.DecodeString(rest)
	case 'm':
		out, err = base64.RawStdEncoding.DecodeString(rest)
	case 'u':
		out, err = base64.RawURLEncoding.DecodeString(rest)
	default:
		return nil, errors.New("selected encoding not supported")
	}
	return out, err
}

func cast(raw []byte) (Cid, error) {
	ver, n := binary.Uvarint(raw)
	if n <= 0 {
		return Cid{}, invalid(errors.New("varints malformed, could not reach the end"))
	}
	if ver != 1 {
		return Cid{}, invalid(fmt.Errorf("expected 1 as the cid version number, got: %d", ver))
	}
	codec, m := binary.Uvarint(raw[n:])
	if m <= 0 {
		return Cid{}, invalid(errors.New("varints malformed, could not reach the end"))
	}
	if err := Multihash(raw[n+m:]); err != nil {
		return Cid{}, invalid(err)
	}
	return Cid{Version: 1, Codec: codec, Hash: string(raw[n+m:])}, nil
}

// Multihash checks the form of a multihash.
func Multihash(raw []byte) error {
	if len(raw) < 2 {
		return errors.New("multihash too short. must be >= 2 bytes")
	}
	_, n := binary.Uvarint(raw)
	if n <= 0 {
		return errors.New("varints malformed, could not reach the end")
	}
	length, m := binary.Uvarint(raw[n:])
	if m <= 0 {
		return errors.New("varints malformed, could not reach the end")
	}
	have := uint64(len(raw) - n - m)
	if length > have {
		return errors.New("length greater than remaining number of bytes in buffer")
	}
	if length < have {
		return fmt.Errorf("multihash length inconsistent: expected %d; got %d", length, have)
	}
	return nil
}

// PeerID reads a peer id (base58 multihash or CID) into its canonical text.
func PeerID(s string) (string, error) {
	if strings.HasPrefix(s, "Qm") || strings.HasPrefix(s, "1") {
		raw, err := base.Decode58(s)
		if err == nil {
			err = Multihash(raw)
		}
		if err != nil {
			return "", err
		}
		return base.Encode58(raw), nil
	}
	c, err := Decode(s)
	if err != nil {
		return "", err
	}
	if c.Codec != PeerKey {
		return "", fmt.Errorf("can't convert CID of type %#x to a peer ID", c.Codec)
	}
	return base.Encode58([]byte(c.Hash)), nil
}
