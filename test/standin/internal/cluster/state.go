package cluster

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"standin/internal/capi"
)

// runState is `state export|import|cleanup`; the daemon must be stopped.
func runState(dir, what string, f flags, args []string) error {
	if _, err := os.Stat(dir); err == nil {
		lock, err := takeLock(dir, false)
		if err != nil {
			return err
		}
		defer lock.Release()
	}
	s, err := load(dir)
	if err != nil {
		return err
	}
	switch what {
	case "export":
		return exportState(s, f["file"])
	case "import":
		return importState(s, f, args)
	}
	if f["force"] != "true" && !confirm("The peer state will be removed. Existing pins may be lost. Continue? [y/n]:") {
		return nil
	}
	if s.raft {
		cleanRaft(s)
		return nil
	}
	return writeState(s, map[string]entry{})
}

func exportState(s *settings, file string) error {
	var out io.Writer = os.Stdout
	if file != "" {
		f, err := os.OpenFile(file, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
		if err != nil {
			return fmt.Errorf("error creating output file: %w", err)
		}
		defer f.Close()
		out = f
	}
	p := &pinset{entries: readState(s)}
	enc := json.NewEncoder(out)
	for _, pin := range p.list() {
		if err := enc.Encode(pin); err != nil {
			return err
		}
	}
	return nil
}

func importState(s *settings, f flags, args []string) error {
	if f["force"] != "true" && !confirm("The pinset (state) of this peer will be replaced. Continue? [y/n]:") {
		return nil
	}
	in := io.Reader(os.Stdin)
	if len(args) > 0 && args[0] != "" {
		file, err := os.Open(args[0])
		if err != nil {
			return fmt.Errorf("error reading import file: %w", err)
		}
		defer file.Close()
		in = file
	}
	entries := map[string]entry{}
	d := json.NewDecoder(bufio.NewReader(in))
	for {
		var pin capi.Pin
		if err := d.Decode(&pin); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return fmt.Errorf("error importing state: %w", err)
		}
		entries[pin.Cid] = entry{Pin: pin, At: time.Now().UnixNano(), By: s.key.ID()}
	}
	if s.raft {
		cleanRaft(s)
	}
	return writeState(s, entries)
}
