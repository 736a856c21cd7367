package cluster

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
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

// Flush sends what was written so far: streams are told as they come.
func (r *recorder) Flush() {
	if f, ok := r.ResponseWriter.(http.Flusher); ok {
		f.Flush()
	}
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
	// Measured on the real one: who lives is told at once, a silent peer after its dial has timed out.
	if f, ok := l.w.(http.Flusher); ok {
		f.Flush()
	}
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
