package kubo

import (
	"encoding/hex"
	"testing"
)

func TestShake128(t *testing.T) {
	if got := hex.EncodeToString(shake128(nil, 16)); got != "7f9c2ba4e88f827d616045507605853e" {
		t.Error(got)
	}
}

// The first bytes of the key stream for key 80 00.. and nonce 0 (the eSTREAM
// set 1, vector 0).
func TestSalsa20(t *testing.T) {
	key := make([]byte, 32)
	key[0] = 0x80
	if got := hex.EncodeToString(salsaBlock(key, make([]byte, 8))[:16]); got != "e3be8fdd8beca2e3ea8ef9475b29a6e7" {
		t.Error(got)
	}
}
