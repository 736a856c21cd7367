package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"standin/internal/capi"
	"standin/internal/cid"
)

// The part of the REST API that is about pins.

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

var errFollower = errors.New("this peer is configured to be in follower mode. Write operations are disabled")

// pinNow makes or renews a pin with the options of the request.
func (p *peer) pinNow(c string, args url.Values) (capi.Pin, error) {
	pin := capi.NewPin(c)
	if p.set.json.Get("cluster.follower_mode") == true {
		return pin, errFollower
	}
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
