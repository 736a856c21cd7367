package kubo

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"time"

	"standin/internal/unixfs"
)

// apiHandler serves /api/v0 the way kubo does: POST only, one JSON value per
// line, errors as 500 with Message, Code and Type (golden http-probes).
func apiHandler(n *Node) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		path := strings.TrimPrefix(q.URL.Path, "/api/v0/")
		c := commands[strings.Replace(path, "/", " ", -1)]
		if path == q.URL.Path || c == nil {
			http.NotFound(w, q)
			return
		}
		if len(n.repo.config().authorizations()) > 0 {
			http.Error(w, "Kubo RPC Access Denied: Please provide a valid authorization token as defined in the API.Authorizations configuration.", http.StatusForbidden)
			return
		}
		if q.Method != http.MethodPost {
			w.Header().Set("Allow", "OPTIONS, POST")
			http.Error(w, "405 - Method Not Allowed", http.StatusMethodNotAllowed)
			return
		}
		serveCommand(n, c, w, q)
	})
}

func (c config) authorizations() map[string]interface{} {
	v, _ := c.get("API.Authorizations")
	m, _ := v.(map[string]interface{})
	return m
}

func serveCommand(n *Node, c *command, w http.ResponseWriter, q *http.Request) {
	r := &request{ctx: q.Context(), node: n, opts: map[string]string{}}
	names := optionNames(c)
	for k, v := range q.URL.Query() {
		switch {
		case k == "arg":
			r.args = v
		case names[k] != "":
			r.opts[names[k]] = v[0]
		default:
			r.opts[k] = v[0]
		}
	}
	if t, err := time.ParseDuration(r.opts["timeout"]); err == nil && t > 0 {
		var cancel context.CancelFunc
		r.ctx, cancel = context.WithTimeout(r.ctx, t)
		defer cancel()
	}
	w.Header().Set("Server", "kubo/"+Version)
	w.Header().Set("Trailer", "X-Stream-Error")
	out := &stream{w: w, text: c.raw != nil}
	err := fillBody(c, r, q)
	if err == nil && !c.file {
		err = c.checkArgs(len(r.args))
	}
	if err == nil {
		if c.raw != nil {
			err = c.raw(r, out)
		} else {
			err = c.run(r, out.emit)
		}
	}
	out.finish(err)
}

func fillBody(c *command, r *request, q *http.Request) error {
	if !c.file {
		return nil
	}
	parts, err := q.MultipartReader()
	if err != nil {
		return usageError{"file argument '" + c.arg + "' is required"}
	}
	part, err := parts.NextPart()
	if err != nil {
		return err
	}
	r.body, r.name = part, part.FileName()
	return nil
}

// stream writes the answer; headers go out with its first byte.
type stream struct {
	w       http.ResponseWriter
	text    bool
	started bool
}

func (s *stream) start() {
	if s.started {
		return
	}
	s.started = true
	kind := "application/json"
	if s.text {
		kind = "text/plain"
		s.w.Header().Set("X-Stream-Output", "1")
	}
	s.w.Header().Set("Content-Type", kind)
	s.w.WriteHeader(http.StatusOK)
}

func (s *stream) Write(b []byte) (int, error) {
	s.start()
	n, err := s.w.Write(b)
	if f, ok := s.w.(http.Flusher); ok {
		f.Flush()
	}
	return n, err
}

func (s *stream) emit(v interface{}) error {
	b, err := json.Marshal(v)
	if err == nil {
		_, err = s.Write(append(b, '\n'))
	}
	return err
}

func (s *stream) finish(err error) {
	if err == nil {
		s.start()
		return
	}
	if s.started {
		s.w.Header().Set("X-Stream-Error", err.Error())
		return
	}
	code, status := 0, http.StatusInternalServerError
	if _, ok := err.(usageError); ok {
		code, status = 1, http.StatusBadRequest
	}
	s.w.Header().Set("Content-Type", "application/json")
	s.w.WriteHeader(status)
	b, _ := json.Marshal(struct {
		Message string
		Code    int
		Type    string
	}{err.Error(), code, "error"})
	_, _ = s.w.Write(append(b, '\n'))
}

// gatewayHandler answers GET /ipfs/CID and nothing else.
func gatewayHandler(n *Node) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		c, err := pathCid(q.URL.Path)
		if !strings.HasPrefix(q.URL.Path, "/ipfs/") || err != nil {
			http.NotFound(w, q)
			return
		}
		ctx, cancel := context.WithTimeout(q.Context(), time.Minute)
		defer cancel()
		var data []byte
		err = n.fetchAll(ctx, c, func(node unixfs.Node) error {
			data = append(data, node.Data...)
			return nil
		})
		if err != nil {
			http.Error(w, err.Error(), http.StatusGatewayTimeout)
			return
		}
		_, _ = io.WriteString(w, string(data))
	})
}
