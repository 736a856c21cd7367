package cluster

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"sort"
	"strconv"
	"strings"
	"sync"
	"time"

	"standin/internal/capi"
	"standin/internal/cid"
	"standin/internal/logx"
	"standin/internal/ojson"
)

// rest serves the REST API on 9094 (golden http-probes).
type rest struct{ p *peer }

// recorder counts the answer's bytes for the log.
type recorder struct {
	http.ResponseWriter
	code, n int
}

func (r *recorder) WriteHeader(code int) {
	r.code = code
	r.ResponseWriter.WriteHeader(code)
}

func (r *recorder) Write(b []byte) (int, error) {
	n, err := r.ResponseWriter.Write(b)
	r.n += n
	return n, err
}

func (a rest) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	rec := &recorder{w, http.StatusOK, 0}
	rec.Header().Set("Content-Type", "application/json")
	if a.allowed(rec, q) {
		a.route(rec, q)
	}
	host, _, _ := net.SplitHostPort(q.RemoteAddr)
	logx.Info("restapilog", "common/api.go:111", "%s - - [%s] \"%s %s %s\" %d %d", host,
		time.Now().UTC().Format("02/Jan/2006:15:04:05 +0000"), q.Method, q.URL.RequestURI(), q.Proto, rec.code, rec.n)
}

func (a rest) allowed(w http.ResponseWriter, q *http.Request) bool {
	creds, ok := a.p.set.json.Get("api.restapi.basic_auth_credentials").(*ojson.Object)
	if !ok {
		return true
	}
	user, pass, given := q.BasicAuth()
	if !given {
		fail(w, 401, "unauthorized: no auth provided")
		return false
	}
	if creds.Values[user] != pass {
		fail(w, 401, "unauthorized: access denied")
		return false
	}
	return true
}

func fail(w http.ResponseWriter, code int, message string) {
	if code >= 500 {
		logx.Error("restapi", "common/api.go:680", "sending error response: %d: %s", code, message)
	}
	send(w, code, capi.Error{Code: code, Message: message})
}

func send(w http.ResponseWriter, code int, v interface{}) {
	b, _ := json.Marshal(v)
	b = append(b, '\n')
	w.Header().Set("Content-Length", strconv.Itoa(len(b)))
	w.WriteHeader(code)
	_, _ = w.Write(b)
}

// lines streams values one per line; none at all is 204.
type lines struct {
	w       http.ResponseWriter
	started bool
	mu      sync.Mutex
}

func (l *lines) put(v interface{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.started {
		l.w.Header().Set("Trailer", "X-Stream-Error")
		l.started = true
	}
	b, _ := json.Marshal(v)
	_, _ = l.w.Write(append(b, '\n'))
}

func (l *lines) end() {
	if !l.started {
		l.w.WriteHeader(http.StatusNoContent)
	}
}

func (a rest) route(w http.ResponseWriter, q *http.Request) {
	ctx := q.Context()
	parts := strings.Split(strings.Trim(q.URL.Path, "/"), "/")
	args := q.URL.Query()
	arg := ""
	if len(parts) > 1 {
		arg = parts[1]
	}
	switch key := q.Method + " " + parts[0]; {
	case key == "GET health" && len(parts) == 1:
		w.WriteHeader(http.StatusNoContent)
	case key == "GET health" && arg == "graph":
		send(w, 200, a.p.graph(ctx))
	case key == "GET health" && arg == "alerts":
		a.p.mu.Lock()
		list := append([]capi.Alert{}, a.p.alerts...)
		a.p.mu.Unlock()
		send(w, 200, list)
	case key == "GET id":
		send(w, 200, a.p.id(ctx))
	case key == "GET version":
		send(w, 200, map[string]string{"version": capi.Version})
	case key == "GET peers":
		l := &lines{w: w}
		a.p.ids(ctx, func(id capi.ID) { l.put(id) })
		l.end()
	case key == "DELETE peers" && arg != "":
		a.removePeer(ctx, w, arg)
	case key == "GET monitor" && arg == "metrics" && len(parts) == 2:
		send(w, 200, a.p.metricNames())
	case key == "GET monitor" && arg == "metrics":
		send(w, 200, a.p.latest(parts[2]))
	case key == "POST add":
		a.p.serveAdd(w, q)
	case key == "POST ipfs" && arg == "gc":
		send(w, 200, a.p.gcAll(ctx))
	case parts[0] == "allocations" && q.Method == http.MethodGet:
		a.allocations(w, arg)
	case parts[0] == "pins":
		a.pins(ctx, w, q.Method, parts, args)
	default:
		fail(w, 404, "not found")
	}
}

func (a rest) allocations(w http.ResponseWriter, arg string) {
	if arg == "" {
		l := &lines{w: w}
		for _, pin := range a.p.pins.list() {
			l.put(pin)
		}
		l.end()
		return
	}
	c, ok := decodeCid(w, arg)
	if !ok {
		return
	}
	pin, there := a.p.pins.get(c)
	if !there {
		fail(w, 404, "pin is not part of the pinset")
		return
	}
	send(w, 200, pin)
}

func decodeCid(w http.ResponseWriter, text string) (string, bool) {
	c, err := cid.Decode(text)
	if err != nil {
		fail(w, 400, "error decoding Cid: "+err.Error())
		return "", false
	}
	return c.String(), true
}

func (a rest) pins(ctx context.Context, w http.ResponseWriter, method string, parts []string, args url.Values) {
	local := args.Get("local") == "true"
	last := parts[len(parts)-1]
	if method == http.MethodPost && last == "recover" {
		a.recover(ctx, w, parts, local)
		return
	}
	if len(parts) == 1 {
		if method != http.MethodGet {
			fail(w, 404, "not found")
			return
		}
		l := &lines{w: w}
		var cids []string
		for _, pin := range a.p.pins.list() {
			cids = append(cids, pin.Cid)
		}
		if c := args.Get("cids"); c != "" {
			cids = strings.Split(c, ",")
		}
		for _, info := range a.p.globalStatus(ctx, cids, local) {
			if matches(info, args.Get("filter")) {
				l.put(info)
			}
		}
		l.end()
		return
	}
	text := parts[1]
	if text == "ipfs" && len(parts) > 2 {
		text = parts[2]
	}
	c, ok := decodeCid(w, text)
	if !ok {
		return
	}
	switch method {
	case http.MethodGet:
		send(w, 200, a.p.globalStatus(ctx, []string{c}, local)[0])
	case http.MethodPost:
		pin, err := a.p.pinNow(c, args)
		answer(w, pin, err)
	case http.MethodDelete:
		pin, there := a.p.pins.get(c)
		if !there {
			fail(w, 404, "pin is not part of the pinset")
			return
		}
		answer(w, pin, a.p.pins.change(pin, true))
	default:
		fail(w, 404, "not found")
	}
}

func answer(w http.ResponseWriter, v interface{}, err error) {
	if err != nil {
		fail(w, 500, err.Error())
		return
	}
	send(w, 200, v)
}

func matches(info capi.GlobalPinInfo, filter string) bool {
	if filter == "" {
		return true
	}
	for _, want := range strings.Split(filter, ",") {
		for _, one := range info.PeerMap {
			if one.Status == want || (want == "error" && strings.HasSuffix(one.Status, "_error")) ||
				(want == "queued" && strings.HasSuffix(one.Status, "_queued")) {
				return true
			}
		}
	}
	return false
}

func (a rest) recover(ctx context.Context, w http.ResponseWriter, parts []string, local bool) {
	var cids []string
	for _, pin := range a.p.pins.list() {
		cids = append(cids, pin.Cid)
	}
	single := len(parts) > 2
	if single {
		c, ok := decodeCid(w, parts[1])
		if !ok {
			return
		}
		cids = []string{c}
	}
	a.p.tracker.recover(ctx, cids)
	body, _ := json.Marshal(cids)
	for _, id := range a.p.others() {
		if !local {
			_, _ = a.p.call(ctx, id, "recover", body)
		}
	}
	infos := a.p.globalStatus(ctx, cids, local)
	if single {
		send(w, 200, infos[0])
		return
	}
	l := &lines{w: w}
	for _, info := range infos {
		l.put(info)
	}
	l.end()
}

// pinNow makes or renews a pin with the options of the request.
func (p *peer) pinNow(c string, args url.Values) (capi.Pin, error) {
	pin := capi.NewPin(c)
	pin.ReplicationFactorMin = p.set.number("cluster.replication_factor_min", -1)
	pin.ReplicationFactorMax = p.set.number("cluster.replication_factor_max", -1)
	for key, to := range map[string]*int{"replication-min": &pin.ReplicationFactorMin, "replication-max": &pin.ReplicationFactorMax} {
		if n, err := strconv.Atoi(args.Get(key)); err == nil && n != 0 {
			*to = n
		}
	}
	pin.Name = args.Get("name")
	if err := p.allocate(&pin); err != nil {
		return pin, err
	}
	return pin, p.pins.change(pin, false)
}

func (a rest) removePeer(ctx context.Context, w http.ResponseWriter, text string) {
	id, err := cid.PeerID(text)
	if err != nil {
		fail(w, 400, fmt.Sprintf("error decoding Peer ID: %v", err))
		return
	}
	if a.p.raft == nil {
		fail(w, 500, "crdt consensus component cannot remove peers")
		return
	}
	if err := a.p.raft.remove(ctx, id); err != nil {
		fail(w, 500, err.Error())
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func (p *peer) graph(ctx context.Context) capi.Graph {
	g := capi.Graph{ClusterID: p.host.ID(), IDtoPeername: map[string]string{}, IPFSLinks: map[string][]string{},
		ClusterLinks: map[string][]string{}, ClusterTrustLinks: map[string]bool{}, ClusterToIPFS: map[string]string{}}
	members := p.members()
	kubos := map[string]bool{}
	swarms := map[string][]string{}
	for _, id := range members {
		l := links{}
		if id == p.host.ID() {
			l = p.links(ctx)
		} else if b, err := p.call(ctx, id, "links", nil); err != nil || json.Unmarshal(b, &l) != nil {
			continue
		}
		g.IDtoPeername[id] = p.pingOf(id).PeerName
		g.ClusterTrustLinks[id] = p.trusts(id)
		g.ClusterLinks[id] = only(l.Cluster, members)
		if l.IPFS != "" {
			g.ClusterToIPFS[id] = l.IPFS
			kubos[l.IPFS] = true
			swarms[l.IPFS] = l.Swarm
		}
	}
	for id, peers := range swarms {
		for _, other := range peers {
			if kubos[other] {
				g.IPFSLinks[id] = append(g.IPFSLinks[id], other)
			}
		}
	}
	return g
}

func only(list, among []string) []string {
	out := []string{}
	for _, x := range list {
		for _, y := range among {
			if x == y {
				out = append(out, x)
			}
		}
	}
	sort.Strings(out)
	return out
}
