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
// With another key both sides of the real programs read noise, and what comes
// of it is chance: silence, a reset, or a message that makes no sense. Of 36
// joins with another secret or at kubo's port a third ended in each of the
// first two and in the rest; so here, by the bytes that were sent.

const (
	nonceLen = 24
	macLen   = 32
	idLen    = 36 + 64
)

var errWrongKey = errors.New("wrong network key")

// misread is how the listening side answers a wrong proof.
func misread(c net.Conn, got []byte) {
	switch {
	case got[0] < 96:
		stall(c)
	case got[0] < 144:
		reset(c)
	default:
		_, _ = c.Write(got)
		stall(c)
	}
}

// nonsense is how the dialling side takes an answer that is no proof.
func nonsense(got []byte) error {
	if got[1] < 40 {
		return errors.New("message did not have trailing newline")
	}
	return errors.New("incoming message was too large")
}

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

// dialHandshake proves and checks as the dialling side.
func dialHandshake(c net.Conn, psk []byte, key peerid.Key, want string) (string, error) {
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
		return "", nonsense(got)
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
		misread(c, got)
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
