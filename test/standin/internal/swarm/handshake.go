package swarm

import (
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"standin/internal/peerid"
)

// The handshake (ipfs-operations.md section 6, "swarm protocol"):
//
//	1. both send 24 random bytes,
//	2. the dialler proves the network key, then the listener does
//	   (HMAC-SHA256 over both nonces and the role),
//	3. both send public key and a signature over the nonces and role.
//
// A listener that gets a wrong proof drops the connection the way the real
// program does: kubo resets it, ipfs-cluster-service stays silent.

const (
	nonceLen = 24
	macLen   = 32
	idLen    = 36 + 64
)

var errWrongKey = errors.New("wrong network key")

func mac(psk []byte, role string, dialler, listener []byte) []byte {
	h := hmac.New(sha256.New, append([]byte("standin-psk:"), psk...))
	h.Write([]byte(role))
	h.Write(dialler)
	h.Write(listener)
	return h.Sum(nil)
}

func transcript(role string, dialler, listener []byte) []byte {
	return bytes.Join([][]byte{[]byte("standin-id:" + role), dialler, listener}, nil)
}

func exchangeNonces(c net.Conn) (mine, theirs []byte, err error) {
	mine, theirs = make([]byte, nonceLen), make([]byte, nonceLen)
	if _, err = rand.Read(mine); err != nil {
		return
	}
	if _, err = c.Write(mine); err != nil {
		return
	}
	_, err = io.ReadFull(c, theirs)
	return
}

func proof(key peerid.Key, role string, d, l []byte) []byte {
	return append(key.PublicBytes(), key.Sign(transcript(role, d, l))...)
}

func readProof(c net.Conn, role string, d, l []byte) (string, error) {
	buf := make([]byte, idLen)
	if _, err := io.ReadFull(c, buf); err != nil {
		return "", err
	}
	return peerid.Verify(buf[:36], transcript(role, d, l), buf[36:])
}

// dialHandshake proves and checks as the dialling side. A silent program waits
// for its deadline when the keys differ.
func dialHandshake(c net.Conn, psk []byte, key peerid.Key, want string, silent bool) (string, error) {
	d, l, err := exchangeNonces(c)
	if err != nil {
		return "", err
	}
	if _, err := c.Write(mac(psk, "dial", d, l)); err != nil {
		return "", err
	}
	got := make([]byte, macLen)
	if _, err := io.ReadFull(c, got); err != nil {
		return "", err
	}
	if hmac.Equal(got, mac(psk, "dial", l, d)) {
		// Both dialled at the same moment from the ports they listen on, and
		// TCP made one connection of it.
		if _, err := c.Write(proof(key, "dial", d, l)); err != nil {
			return "", err
		}
		id, err := readProof(c, "dial", l, d)
		return id, matchID(want, id, err)
	}
	if !hmac.Equal(got, mac(psk, "listen", d, l)) {
		if silent {
			if _, err := io.Copy(io.Discard, c); err != nil {
				return "", err
			}
		}
		return "", errors.New("incoming message was too large")
	}
	id, err := readProof(c, "listen", d, l)
	if err := matchID(want, id, err); err != nil {
		return "", err
	}
	_, err = c.Write(proof(key, "dial", d, l))
	return id, err
}

func matchID(want, id string, err error) error {
	if err == nil && id != want {
		err = fmt.Errorf("peer id mismatch: expected %s, but remote key matches %s", want, id)
	}
	return err
}

// listenHandshake proves and checks as the listening side.
func listenHandshake(c net.Conn, psk []byte, key peerid.Key) (string, error) {
	l, d, err := exchangeNonces(c)
	if err != nil {
		return "", err
	}
	got := make([]byte, macLen)
	if _, err := io.ReadFull(c, got); err != nil {
		return "", err
	}
	if !hmac.Equal(got, mac(psk, "dial", d, l)) {
		return "", errWrongKey
	}
	if _, err := c.Write(mac(psk, "listen", d, l)); err != nil {
		return "", err
	}
	if _, err := c.Write(proof(key, "listen", d, l)); err != nil {
		return "", err
	}
	return readProof(c, "dial", d, l)
}

// reset closes so that the other side reads ECONNRESET.
func reset(c net.Conn) {
	if t, ok := c.(*net.TCPConn); ok {
		_ = t.SetLinger(0)
	}
	c.Close()
}

// stall answers nothing until the other side gives up.
func stall(c net.Conn) {
	_ = c.SetDeadline(time.Now().Add(time.Minute))
	_, _ = io.Copy(io.Discard, c)
	c.Close()
}
