package swarm

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
)

// One message on a connection: a request (Method set, ID set), its response
// (ID set), or a note (Method only).
type frame struct {
	ID     uint64 `json:"id,omitempty"`
	Method string `json:"m,omitempty"`
	Error  string `json:"e,omitempty"`
	body   []byte
}

const maxFrame = 64 << 20

func writeFrame(w *bufio.Writer, f frame) error {
	head, err := json.Marshal(f)
	if err != nil {
		return err
	}
	var sizes [8]byte
	binary.BigEndian.PutUint32(sizes[:4], uint32(len(head)))
	binary.BigEndian.PutUint32(sizes[4:], uint32(len(f.body)))
	for _, part := range [][]byte{sizes[:], head, f.body} {
		if _, err := w.Write(part); err != nil {
			return err
		}
	}
	return w.Flush()
}

func readFrame(r io.Reader) (frame, error) {
	var sizes [8]byte
	if _, err := io.ReadFull(r, sizes[:]); err != nil {
		return frame{}, err
	}
	nh, nb := binary.BigEndian.Uint32(sizes[:4]), binary.BigEndian.Uint32(sizes[4:])
	if nh > maxFrame || nb > maxFrame {
		return frame{}, errors.New("incoming message was too large")
	}
	buf := make([]byte, nh+nb)
	if _, err := io.ReadFull(r, buf); err != nil {
		return frame{}, err
	}
	var f frame
	if err := json.Unmarshal(buf[:nh], &f); err != nil {
		return frame{}, err
	}
	f.body = buf[nh:]
	return f, nil
}
