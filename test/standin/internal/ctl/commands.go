package ctl

import (
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"standin/internal/capi"
	"standin/internal/cid"
	"standin/internal/logx"
)

func runID(c *client, _ flags, _ []string) error { return c.get("/id", show(c, printID)) }

func runPeersLs(c *client, _ flags, _ []string) error { return c.get("/peers", show(c, printID)) }

func runPeersRm(c *client, _ flags, args []string) error {
	text := ""
	if len(args) > 0 {
		text = args[0]
	}
	id, err := cid.PeerID(text)
	if err != nil {
		return fmt.Errorf("error parsing peer ID: failed to parse peer ID: %w", err)
	}
	return c.do(http.MethodDelete, "/peers/"+id, "", nil, nil)
}

func runVersion(c *client, _ flags, _ []string) error {
	type version struct {
		Version string `json:"version"`
	}
	return c.get("/version", show(c, func(v version) { fmt.Println(v.Version) }))
}

func pinQuery(f flags) url.Values {
	q := url.Values{"mode": {"recursive"}, "name": {f["name"]}}
	min, max := f.or("replication-min", "0"), f.or("replication-max", "0")
	if r := f["replication"]; r != "" {
		min, max = r, r
	}
	q.Set("replication-min", min)
	q.Set("replication-max", max)
	return q
}

func runAdd(c *client, f flags, args []string) error {
	if len(args) == 0 {
		return fmt.Errorf("error : need at least one path")
	}
	for _, path := range args {
		if _, err := os.Lstat(path); err != nil {
			logx.Error("apiclient", "client/lbclient.go:97", "could not cast error into api.Error")
			return fmt.Errorf("error : %w", err)
		}
	}
	q := pinQuery(f)
	if f["no-stream"] == "true" {
		q.Set("stream-channels", "false")
	}
	if f["local"] == "true" {
		q.Set("local", "true")
	}
	pr, pw := io.Pipe()
	form := multipart.NewWriter(pw)
	go func() { pw.CloseWithError(sendFiles(form, args)) }()
	var added []capi.Added
	err := c.do(http.MethodPost, "/add?"+q.Encode(), form.FormDataContentType(), pr, func(raw json.RawMessage) error {
		var one capi.Added
		if raw[0] == '[' {
			if err := json.Unmarshal(raw, &added); err != nil || !c.json {
				return err
			}
			return pretty(added)
		}
		if err := json.Unmarshal(raw, &one); err != nil {
			return err
		}
		added = append(added, one)
		return printAdded(c, f, one)
	})
	if err == nil && f["no-stream"] == "true" && !c.json {
		for _, one := range added {
			_ = printAdded(c, f, one)
		}
	}
	if err == nil && f["wait"] == "true" {
		for _, one := range added {
			if err := await(c, f, one.Cid, "pinned"); err != nil {
				return err
			}
		}
	}
	return err
}

func printAdded(c *client, f flags, one capi.Added) error {
	switch {
	case c.json:
		return pretty(one)
	case f["quiet"] == "true" || f["quieter"] == "true":
		fmt.Println(one.Cid)
	default:
		fmt.Printf("added %s %s\n", one.Cid, one.Name)
	}
	return nil
}

func sendFiles(form *multipart.Writer, paths []string) error {
	for _, path := range paths {
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		part, err := form.CreateFormFile("file", filepath.Base(path))
		if err == nil {
			_, err = io.Copy(part, f)
		}
		f.Close()
		if err != nil {
			return err
		}
	}
	return form.Close()
}

func runPinAdd(c *client, f flags, args []string) error {
	id, err := cidArg(args)
	if err != nil {
		return err
	}
	each := show(c, printPin)
	if f["no-status"] != "true" {
		each = nil
	}
	if err := c.do(http.MethodPost, "/pins/"+id+"?"+pinQuery(f).Encode(), "", nil, each); err != nil {
		return err
	}
	return after(c, f, id, "pinned")
}

func runPinRm(c *client, f flags, args []string) error {
	id, err := cidArg(args)
	if err != nil {
		return err
	}
	if err := c.do(http.MethodDelete, "/pins/"+id, "", nil, nil); err != nil {
		return err
	}
	return after(c, f, id, "unpinned")
}

// after shows the status a second after a change, or waits for it.
func after(c *client, f flags, id, target string) error {
	if f["no-status"] == "true" {
		return nil
	}
	if f["wait"] == "true" {
		if err := await(c, f, id, target); err != nil {
			return err
		}
	} else {
		time.Sleep(time.Second)
	}
	return c.get("/pins/"+id, show(c, printStatus))
}

// await polls every second until all peers have the status.
func await(c *client, f flags, id, target string) error {
	limit, _ := time.ParseDuration(f["wait-timeout"])
	started := time.Now()
	for {
		var v capi.GlobalPinInfo
		if err := c.get("/pins/"+id, func(raw json.RawMessage) error { return json.Unmarshal(raw, &v) }); err != nil {
			return err
		}
		reached := true
		for _, info := range v.PeerMap {
			if strings.HasSuffix(info.Status, "_error") {
				return fmt.Errorf("error waiting for pin status: error has occurred while attempting to reach status: %s", target)
			}
			if info.Status != target && info.Status != "remote" {
				reached = false
			}
		}
		if reached {
			return nil
		}
		pause := time.Second
		if left := limit - time.Since(started); limit > 0 && left < pause {
			time.Sleep(left)
			return exitError{62, "error waiting for pin status: context deadline exceeded"}
		}
		time.Sleep(pause)
		if c.ctx.Err() != nil {
			return exitError{62, "error waiting for pin status: context deadline exceeded"}
		}
	}
}

func runPinLs(c *client, _ flags, args []string) error {
	if len(args) == 0 {
		return c.get("/allocations?filter=pin", show(c, printPin))
	}
	id, err := cidArg(args)
	if err != nil {
		return err
	}
	return c.get("/allocations/"+id, show(c, printPin))
}

func runStatus(c *client, f flags, args []string) error {
	local := "?local=" + f.or("local", "false")
	if len(args) == 0 {
		return c.get("/pins"+local+"&filter="+url.QueryEscape(f["filter"]), show(c, printStatus))
	}
	for _, arg := range args {
		id, err := cidArg([]string{arg})
		if err != nil {
			return err
		}
		if err := c.get("/pins/"+id+local, show(c, printStatus)); err != nil {
			return err
		}
	}
	return nil
}

func runRecover(c *client, f flags, args []string) error {
	path := "/pins/recover"
	if len(args) > 0 {
		id, err := cidArg(args)
		if err != nil {
			return err
		}
		path = "/pins/" + id + "/recover"
	}
	return c.do(http.MethodPost, path+"?local="+f.or("local", "false"), "", nil, show(c, printStatus))
}

func runGraph(c *client, f flags, _ []string) error {
	return c.get("/health/graph", func(raw json.RawMessage) error {
		var g capi.Graph
		if err := json.Unmarshal(raw, &g); err != nil {
			return err
		}
		if f["file"] != "" {
			out, err := os.Create(f["file"])
			if err != nil {
				return err
			}
			defer out.Close()
			os.Stdout = out
		}
		printGraph(g)
		return nil
	})
}

func runMetrics(c *client, _ flags, args []string) error {
	if len(args) == 0 {
		return c.get("/monitor/metrics", show(c, func(names []string) {
			for _, n := range names {
				fmt.Println(n)
			}
		}))
	}
	return c.get("/monitor/metrics/"+url.PathEscape(args[0]), show(c, func(list []capi.Metric) {
		for _, m := range list {
			printMetric(m)
		}
	}))
}

func runAlerts(c *client, _ flags, _ []string) error {
	return c.get("/health/alerts", show(c, func(list []capi.Alert) {
		for _, a := range list {
			fmt.Printf("%s: %s. Expired at: %s. Value: %s.\n", a.Peer, a.Name,
				time.Unix(0, a.Expire).UTC().Format(time.RFC3339), a.Value)
		}
	}))
}

func runGC(c *client, f flags, _ []string) error {
	return c.do(http.MethodPost, "/ipfs/gc?local="+f.or("local", "false"), "", nil, func(raw json.RawMessage) error {
		var v interface{}
		if err := json.Unmarshal(raw, &v); err != nil {
			return err
		}
		return pretty(v)
	})
}
