package cluster

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sort"

	"standin/internal/logx"
	"standin/internal/swarm"
)

// voters is the list of members as it lies in raft.db.
type voters struct {
	Number int      `json:"number"`
	IDs    []string `json:"ids"`
}

func (r *raft) dir() string  { return filepath.Join(r.p.set.dir, "raft") }
func (r *raft) file() string { return filepath.Join(r.dir(), "raft.db") }

// clean empties the state before a bootstrap: a folder without a snapshot is
// deleted, another is kept as raft.old.0 (fact 6).
func (r *raft) clean() {
	if _, err := os.Stat(r.dir()); err != nil {
		return
	}
	r.mu.Lock()
	r.at = voters{}
	r.mu.Unlock()
	cleanRaft(r.p.set)
	r.p.pins.mu.Lock()
	r.p.pins.entries = map[string]entry{}
	r.p.pins.mu.Unlock()
}

func cleanRaft(s *settings) {
	dir := filepath.Join(s.dir, "raft")
	if found, _ := filepath.Glob(filepath.Join(dir, "snapshots", "*")); len(found) == 0 {
		logx.Info("raft", "raft/raft.go:640", "cleaning empty Raft data folder (%s)", dir)
		_ = os.RemoveAll(dir)
		return
	}
	backupRaft(s)
}

func backupRaft(s *settings) {
	dir := filepath.Join(s.dir, "raft")
	logx.Info("raft", "raft/raft.go:645", "cleaning and backing up Raft data folder (%s)", dir)
	keep := s.number("consensus.raft.backups_rotate", 6)
	old := func(n int) string { return fmt.Sprintf("%s.old.%d", dir, n) }
	_ = os.RemoveAll(old(keep - 1))
	for n := keep - 2; n >= 0; n-- {
		_ = os.Rename(old(n), old(n+1))
	}
	_ = os.Rename(dir, old(0))
}

// take keeps a list that is newer than the own one.
func (r *raft) take(v voters) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if v.Number <= r.at.Number {
		return
	}
	sort.Strings(v.IDs)
	r.at = v
	_ = os.MkdirAll(filepath.Join(r.dir(), "snapshots"), 0o700)
	b, _ := json.Marshal(v)
	_ = writeFile(r.file(), b, 0o600)
}

func (r *raft) now() voters {
	r.mu.Lock()
	defer r.mu.Unlock()
	return voters{r.at.Number, append([]string{}, r.at.IDs...)}
}

func (r *raft) members() []string { return r.now().IDs }

func (r *raft) onList(*swarm.Conn, []byte) ([]byte, error) {
	r.mu.Lock()
	hung := r.hung
	r.mu.Unlock()
	if hung {
		return nil, errDenied
	}
	return json.Marshal(r.now())
}

func (r *raft) hang() {
	r.mu.Lock()
	r.hung = true
	r.mu.Unlock()
}

// snapshot is what a clean stop leaves where there is something to keep.
func (r *raft) snapshot() {
	if len(r.p.pins.all()) > 0 {
		_ = os.MkdirAll(filepath.Join(r.dir(), "snapshots", "1"), 0o700)
	}
}
