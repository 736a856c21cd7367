package kubo

import (
	"encoding/base32"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"standin/internal/cid"
	"standin/internal/unixfs"
)

// store keeps blocks as files the way flatfs does: blocks/XX/NAME.data with
// NAME the base32 of the multihash and XX the two characters before its last.
type store struct {
	path string
	mu   sync.Mutex
}

func (s *store) name(c cid.Cid) string {
	key := base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString([]byte(c.Hash))
	return filepath.Join(s.path, "blocks", key[len(key)-3:len(key)-1], key+".data")
}

func (s *store) has(c cid.Cid) bool {
	_, err := os.Stat(s.name(c))
	return err == nil
}

func (s *store) get(c cid.Cid) ([]byte, bool) {
	b, err := os.ReadFile(s.name(c))
	return b, err == nil
}

func (s *store) put(c cid.Cid, block []byte) error {
	if !c.Matches(block) {
		return errors.New("block and cid hash mismatch")
	}
	name := s.name(c)
	if _, err := os.Stat(name); err == nil {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	tmp, err := os.CreateTemp(filepath.Dir(name), "put-*")
	if err != nil {
		return err
	}
	_, err = tmp.Write(block)
	if e := tmp.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = os.Rename(tmp.Name(), name)
	}
	if err != nil {
		os.Remove(tmp.Name())
	}
	return err
}

func (s *store) putText(block string) (cid.Cid, error) {
	c := cid.Sum(cid.DagPB, []byte(block))
	return c, s.put(c, []byte(block))
}

func (s *store) remove(c cid.Cid) error { return os.Remove(s.name(c)) }

// all lists the multihashes kept and their total size.
func (s *store) all() (hashes []string, size int64) {
	files, _ := filepath.Glob(filepath.Join(s.path, "blocks", "??", "*.data"))
	for _, f := range files {
		key := strings.TrimSuffix(filepath.Base(f), ".data")
		raw, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(key)
		if err != nil {
			continue
		}
		hashes = append(hashes, string(raw))
		if st, err := os.Stat(f); err == nil {
			size += st.Size()
		}
	}
	return hashes, size
}

// pins is the pin set: CID to mode.
func (s *store) pins() map[string]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.readPins()
}

func (s *store) readPins() map[string]string {
	out := map[string]string{}
	if b, err := os.ReadFile(filepath.Join(s.path, "datastore", "pins.json")); err == nil {
		_ = json.Unmarshal(b, &out)
	}
	return out
}

func (s *store) changePins(change func(map[string]string) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	pins := s.readPins()
	if err := change(pins); err != nil {
		return err
	}
	b, _ := json.Marshal(pins)
	return writeFile(filepath.Join(s.path, "datastore", "pins.json"), b, 0o644)
}

// reachable walks a tree of blocks that are all here.
func (s *store) reachable(c cid.Cid, seen map[string]bool) {
	if seen[c.Hash] {
		return
	}
	seen[c.Hash] = true
	block, ok := s.get(c)
	if !ok {
		return
	}
	n, err := unixfs.Decode(c.Codec, block)
	if err != nil {
		return
	}
	for _, l := range n.Links {
		s.reachable(l.Cid, seen)
	}
}

// pathCid reads a CID or /ipfs/CID argument.
func pathCid(arg string) (cid.Cid, error) {
	text := strings.TrimPrefix(arg, "/ipfs/")
	c, err := cid.Decode(strings.TrimSuffix(text, "/"))
	if err == nil {
		return c, nil
	}
	if text == arg {
		return cid.Cid{}, fmt.Errorf("invalid path %q: path does not have enough components", arg)
	}
	return cid.Cid{}, fmt.Errorf("invalid path %q: %w", arg, err)
}
