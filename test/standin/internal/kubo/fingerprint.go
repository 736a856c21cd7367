package kubo

import (
	"encoding/binary"
	"math/bits"
)

// fingerprint is what the daemon prints as "Swarm key fingerprint": the key is
// used to encrypt 64 zero bytes (Salsa20, nonce "finprint"), and those are
// hashed (SHAKE128) to 16 bytes.
func fingerprint(psk []byte) []byte {
	return shake128(salsaBlock(psk, []byte("finprint")), 16)
}

// salsaBlock is the first block of the Salsa20 key stream.
func salsaBlock(key, nonce []byte) []byte {
	le := binary.LittleEndian.Uint32
	sigma := []byte("expand 32-byte k")
	var in [16]uint32
	for i := 0; i < 4; i++ {
		in[5*i] = le(sigma[4*i:])
		in[1+i] = le(key[4*i:])
		in[11+i] = le(key[16+4*i:])
	}
	in[6], in[7] = le(nonce), le(nonce[4:])
	x := in
	quarter := func(a, b, c, d int) {
		x[b] ^= bits.RotateLeft32(x[a]+x[d], 7)
		x[c] ^= bits.RotateLeft32(x[b]+x[a], 9)
		x[d] ^= bits.RotateLeft32(x[c]+x[b], 13)
		x[a] ^= bits.RotateLeft32(x[d]+x[c], 18)
	}
	for i := 0; i < 10; i++ {
		quarter(0, 4, 8, 12)
		quarter(5, 9, 13, 1)
		quarter(10, 14, 2, 6)
		quarter(15, 3, 7, 11)
		quarter(0, 1, 2, 3)
		quarter(5, 6, 7, 4)
		quarter(10, 11, 8, 9)
		quarter(15, 12, 13, 14)
	}
	out := make([]byte, 64)
	for i := range x {
		binary.LittleEndian.PutUint32(out[4*i:], x[i]+in[i])
	}
	return out
}

// shake128 hashes one input shorter than a block.
func shake128(in []byte, n int) []byte {
	const rate = 168
	var block [200]byte
	copy(block[:], in)
	block[len(in)] = 0x1f
	block[rate-1] |= 0x80
	var st [25]uint64
	for i := range st {
		st[i] = binary.LittleEndian.Uint64(block[8*i:])
	}
	keccak(&st)
	for i := range st {
		binary.LittleEndian.PutUint64(block[8*i:], st[i])
	}
	return block[:n]
}

func keccak(a *[25]uint64) {
	lfsr := uint(1)
	bit := func() bool {
		out := lfsr&1 != 0
		lfsr <<= 1
		if lfsr&0x100 != 0 {
			lfsr ^= 0x171
		}
		return out
	}
	for round := 0; round < 24; round++ {
		var c [5]uint64
		for x := range c {
			c[x] = a[x] ^ a[x+5] ^ a[x+10] ^ a[x+15] ^ a[x+20]
		}
		for i := range a {
			a[i] ^= c[(i+4)%5] ^ bits.RotateLeft64(c[(i+1)%5], 1)
		}
		x, y, last := 1, 0, a[1]
		for t := 0; t < 24; t++ {
			x, y = y, (2*x+3*y)%5
			last, a[x+5*y] = a[x+5*y], bits.RotateLeft64(last, (t+1)*(t+2)/2%64)
		}
		for row := 0; row < 25; row += 5 {
			var r [5]uint64
			copy(r[:], a[row:row+5])
			for i := range r {
				a[row+i] = r[i] ^ (^r[(i+1)%5] & r[(i+2)%5])
			}
		}
		for j := uint(0); j < 7; j++ {
			if bit() {
				a[0] ^= 1 << (1<<j - 1)
			}
		}
	}
}
