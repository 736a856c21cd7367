// Package base has the encodings the peer ids and CIDs of the real programs
// are written in: base58btc, base36 and unsigned varints.
package base

import (
	"encoding/binary"
	"errors"
	"math/big"
	"strings"
)

const (
	alpha58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
	alpha36 = "0123456789abcdefghijklmnopqrstuvwxyz"
)

// Encode58 writes b in base58btc; leading zero bytes become leading '1'.
func Encode58(b []byte) string { return encode(b, alpha58) }

// Decode58 reads base58btc.
func Decode58(s string) ([]byte, error) { return decode(s, alpha58) }

// Encode36 writes b in lower case base36.
func Encode36(b []byte) string { return encode(b, alpha36) }

// Decode36 reads lower case base36.
func Decode36(s string) ([]byte, error) { return decode(strings.ToLower(s), alpha36) }

func encode(b []byte, alpha string) string {
	zeros := 0
	for zeros < len(b) && b[zeros] == 0 {
		zeros++
	}
	n := new(big.Int).SetBytes(b)
	radix, rem := big.NewInt(int64(len(alpha))), new(big.Int)
	var out []byte
	for n.Sign() > 0 {
		n.DivMod(n, radix, rem)
		out = append(out, alpha[rem.Int64()])
	}
	for i := 0; i < zeros; i++ {
		out = append(out, alpha[0])
	}
	for i, j := 0, len(out)-1; i < j; i, j = i+1, j-1 {
		out[i], out[j] = out[j], out[i]
	}
	return string(out)
}

func decode(s, alpha string) ([]byte, error) {
	if s == "" {
		return nil, errors.New("zero length string")
	}
	n, radix := new(big.Int), big.NewInt(int64(len(alpha)))
	zeros := 0
	for zeros < len(s) && s[zeros] == alpha[0] {
		zeros++
	}
	for i := 0; i < len(s); i++ {
		d := strings.IndexByte(alpha, s[i])
		if d < 0 {
			return nil, errors.New("invalid base58 digit ('" + string(rune(s[i])) + "')")
		}
		n.Mul(n, radix)
		n.Add(n, big.NewInt(int64(d)))
	}
	return append(make([]byte, zeros), n.Bytes()...), nil
}

// PutUvarint appends v as an unsigned varint.
func PutUvarint(b []byte, v uint64) []byte {
	var tmp [binary.MaxVarintLen64]byte
	n := binary.PutUvarint(tmp[:], v)
	return append(b, tmp[:n]...)
}
