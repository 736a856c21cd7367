package cluster

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"strings"
	"time"

	"standin/internal/capi"
	"standin/internal/logx"
	"standin/internal/maddr"
)

// connector talks to kubo's API at ipfs_connector.ipfshttp.node_multiaddress.
type connector struct {
	base       string
	pinTimeout time.Duration
}

func newConnector(s *settings) (*connector, error) {
	a, err := maddr.Parse(s.json.Text("ipfs_connector.ipfshttp.node_multiaddress"))
	if err != nil {
		return nil, fmt.Errorf("error creating IPFS Connector component: %w", err)
	}
	_, hostport, ok := a.TCP()
	if !ok {
		return nil, errors.New("error creating IPFS Connector component: unsupported node_multiaddress")
	}
	return &connector{"http://" + hostport + "/api/v0/",
		s.duration("ipfs_connector.ipfshttp.pin_timeout", 2*time.Minute)}, nil
}

// kuboError is an answer of kubo that is not 200.
type kuboError struct {
	path, message string
	code          int
}

func (e kuboError) Error() string {
	return fmt.Sprintf("IPFS request failed (is it running?) (%s). Code %d: %s", e.path, e.code, e.message)
}

func (k *connector) open(ctx context.Context, path, kind string, body io.Reader) (*http.Response, error) {
	q, err := http.NewRequestWithContext(ctx, http.MethodPost, k.base+path, body)
	if err != nil {
		return nil, err
	}
	if kind != "" {
		q.Header.Set("Content-Type", kind)
	}
	res, err := http.DefaultClient.Do(q)
	if err != nil {
		logx.Error("ipfshttp", "ipfshttp/ipfshttp.go:1299", "error posting to IPFS:%v", err)
		return nil, err
	}
	if res.StatusCode == http.StatusOK {
		return res, nil
	}
	defer res.Body.Close()
	b, _ := io.ReadAll(res.Body)
	var e struct{ Message string }
	name := strings.SplitN(path, "?", 2)[0]
	if json.Unmarshal(b, &e) == nil && e.Message != "" {
		return nil, kuboError{name, e.Message, res.StatusCode}
	}
	return nil, kuboError{name, string(b), res.StatusCode}
}

func (k *connector) post(ctx context.Context, path, kind string, body io.Reader) ([]byte, error) {
	res, err := k.open(ctx, path, kind, body)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if text := res.Trailer.Get("X-Stream-Error"); err == nil && text != "" {
		err = errors.New(text)
	}
	return b, err
}

// id asks kubo who it is; the real program puts the failure in the answer.
func (k *connector) id(ctx context.Context) (capi.IPFSID, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	b, err := k.post(ctx, "id", "", nil)
	var out struct {
		ID        string
		Addresses []string
	}
	if err == nil {
		err = json.Unmarshal(b, &out)
	}
	if err != nil {
		return capi.IPFSID{Error: err.Error()}, err
	}
	return capi.IPFSID{ID: out.ID, Addresses: out.Addresses}, nil
}

func (k *connector) pinned(ctx context.Context, cid string) (bool, error) {
	_, err := k.post(ctx, "pin/ls?stream=true&arg="+cid+"&type=recursive", "", nil)
	if err == nil {
		return true, nil
	}
	if e, ok := err.(kuboError); ok && strings.Contains(e.message, "is not pinned") {
		return false, nil
	}
	return false, err
}

func (k *connector) allPinned(ctx context.Context) (map[string]bool, error) {
	b, err := k.post(ctx, "pin/ls?type=recursive", "", nil)
	var out struct{ Keys map[string]interface{} }
	if err == nil {
		err = json.Unmarshal(b, &out)
	}
	set := map[string]bool{}
	for c := range out.Keys {
		set[c] = true
	}
	return set, err
}

// pin fetches and pins; it gives up when pin_timeout passes without progress.
func (k *connector) pin(ctx context.Context, cid string) error {
	if ok, err := k.pinned(ctx, cid); ok || err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	idle := time.AfterFunc(k.pinTimeout, cancel)
	defer idle.Stop()
	res, err := k.open(ctx, "pin/add?progress=true&arg="+cid, "", nil)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	d := json.NewDecoder(res.Body)
	done := false
	for {
		var v struct{ Pins []string }
		if err := d.Decode(&v); err == io.EOF {
			break
		} else if err != nil {
			return err
		}
		idle.Reset(k.pinTimeout)
		done = done || len(v.Pins) > 0
	}
	if text := res.Trailer.Get("X-Stream-Error"); text != "" {
		return errors.New(text)
	}
	if !done {
		return io.ErrUnexpectedEOF
	}
	return nil
}

func (k *connector) unpin(ctx context.Context, cid string) error {
	_, err := k.post(ctx, "pin/rm?arg="+cid, "", nil)
	if e, ok := err.(kuboError); ok && strings.Contains(e.message, "not pinned") {
		return nil
	}
	return err
}

func (k *connector) putBlock(ctx context.Context, block []byte) error {
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("data", "block")
	if err == nil {
		_, err = part.Write(block)
	}
	if err == nil {
		err = form.Close()
	}
	if err == nil {
		_, err = k.post(ctx, "block/put?format=v0&pin=false", form.FormDataContentType(), &body)
	}
	return err
}

func (k *connector) freeSpace(ctx context.Context) (int64, error) {
	b, err := k.post(ctx, "repo/stat?size-only=true", "", nil)
	var v struct{ RepoSize, StorageMax int64 }
	if err == nil {
		err = json.Unmarshal(b, &v)
	}
	return v.StorageMax - v.RepoSize, err
}

func (k *connector) swarmPeers(ctx context.Context) []string {
	b, err := k.post(ctx, "swarm/peers", "", nil)
	var v struct{ Peers []struct{ Peer string } }
	if err != nil || json.Unmarshal(b, &v) != nil {
		return nil
	}
	seen := map[string]bool{}
	var out []string
	for _, p := range v.Peers {
		if !seen[p.Peer] {
			out = append(out, p.Peer)
		}
		seen[p.Peer] = true
	}
	return out
}

func (k *connector) gc(ctx context.Context) ([]string, error) {
	b, err := k.post(ctx, "repo/gc", "", nil)
	var out []string
	d := json.NewDecoder(bytes.NewReader(b))
	for err == nil {
		var v struct{ Key map[string]string }
		if d.Decode(&v) != nil {
			break
		}
		out = append(out, v.Key["/"])
	}
	return out, err
}
