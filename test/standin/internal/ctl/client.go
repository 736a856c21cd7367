// Package ctl is the stand-in for ipfs-cluster-ctl (ipfs-operations.md 1.6,
// golden raw-09, json/ctl-*).
package ctl

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"standin/internal/capi"
	"standin/internal/logx"
	"standin/internal/maddr"
)

type client struct {
	base, user, pass string
	ctx              context.Context
	done             context.CancelFunc // the time limit's; the process ends with it
	json             bool
}

func newClient(g flags) (*client, error) {
	host := g.or("host", "/ip4/127.0.0.1/tcp/9094")
	a, err := maddr.Parse(host)
	if err != nil {
		return nil, err
	}
	_, hostport, ok := a.TCP()
	if !ok {
		return nil, fmt.Errorf("unsupported address %s", host)
	}
	scheme := "http://"
	creds := g.or("basic-auth", os.Getenv("CLUSTER_CREDENTIALS"))
	if g["https"] == "true" || (creds != "" && g["force-http"] != "true") {
		scheme = "https://"
	}
	c := &client{base: scheme + hostport, ctx: context.Background(), json: g["encoding"] == "json"}
	c.user, c.pass, _ = strings.Cut(creds, ":")
	if g["no-check-certificate"] == "true" {
		http.DefaultTransport.(*http.Transport).TLSClientConfig = &tls.Config{InsecureSkipVerify: true}
	}
	if t, err := time.ParseDuration(g.or("timeout", "0") + "s"); err == nil && t > 0 {
		c.ctx, c.done = context.WithTimeout(c.ctx, t)
	}
	return c, nil
}

// do sends one request and gives each JSON value of the answer to each. A
// failed request is a capi.Error; code 0 means the API was not reached.
func (c *client) do(method, path string, kind string, body io.Reader, each func(json.RawMessage) error) error {
	q, err := http.NewRequestWithContext(c.ctx, method, c.base+path, body)
	if err != nil {
		return err
	}
	if kind != "" {
		q.Header.Set("Content-Type", kind)
	}
	if c.user != "" {
		q.SetBasicAuth(c.user, c.pass)
	}
	res, err := http.DefaultClient.Do(q)
	if err != nil {
		logx.Error("apiclient", "client/lbclient.go:106", "reached maximum number of retries without success, retries: 1")
		var u *url.Error
		if errors.As(err, &u) && c.ctx.Err() != nil {
			u.Err = c.ctx.Err()
		}
		return capi.Error{Message: err.Error()}
	}
	defer res.Body.Close()
	if res.StatusCode >= 300 {
		b, _ := io.ReadAll(res.Body)
		var e capi.Error
		if json.Unmarshal(b, &e) != nil || e.Message == "" {
			e = capi.Error{Code: res.StatusCode, Message: string(b)}
		}
		return e
	}
	d := json.NewDecoder(res.Body)
	for {
		var raw json.RawMessage
		if err := d.Decode(&raw); err == io.EOF {
			break
		} else if err != nil {
			return capi.Error{Message: err.Error()}
		}
		if each != nil {
			if err := each(raw); err != nil {
				return err
			}
		}
	}
	if text := res.Trailer.Get("X-Stream-Error"); text != "" {
		return capi.Error{Code: 500, Message: text}
	}
	return nil
}

func (c *client) get(path string, each func(json.RawMessage) error) error {
	return c.do(http.MethodGet, path, "", nil, each)
}
