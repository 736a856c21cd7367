package ctl

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"standin/internal/capi"
	"standin/internal/cid"
)

type flags map[string]string

func (f flags) or(name, otherwise string) string {
	if v, ok := f[name]; ok {
		return v
	}
	return otherwise
}

// Options are written "name,short" with a trailing = when they take a value.
const globalOpts = "host,l= secret= https,s no-check-certificate encoding,enc= timeout,t= debug,d basic-auth= force-http help,h version,v"

type verb struct {
	opts string
	min  int
	run  func(c *client, f flags, args []string) error
	help string
}

var verbs = map[string]verb{
	"id":             {run: runID, help: "Retrieve peer information"},
	"peers ls":       {run: runPeersLs, help: "list the nodes participating in the IPFS Cluster"},
	"peers rm":       {min: 1, run: runPeersRm, help: "remove a peer from the Cluster"},
	"add":            {opts: "quiet,q quieter,Q no-stream local name,n= recursive,r replication-min,rmin= replication-max,rmax= replication,repl= wait,w wait-timeout= wait-limit= cid-version= raw-leaves chunker= format= allocations,allocs=", run: runAdd, help: "Add a file or directory to IPFS and pin it in the cluster"},
	"pin add":        {opts: "replication,r= replication-min,rmin= replication-max,rmax= allocations,allocs= name,n= mode= expire-in= no-status,ns wait,w wait-timeout,wt= wait-limit,wl=", min: 1, run: runPinAdd, help: "Pin an item in the cluster"},
	"pin rm":         {opts: "no-status,ns wait,w wait-timeout,wt=", min: 1, run: runPinRm, help: "Unpin an item from the cluster"},
	"pin ls":         {opts: "filter=", run: runPinLs, help: "List items in the cluster pinset"},
	"status":         {opts: "local,l filter=", run: runStatus, help: "Retrieve the status of tracked items"},
	"recover":        {opts: "local,l", run: runRecover, help: "Recover tracked items in error state"},
	"version":        {run: runVersion, help: "Retrieve cluster version"},
	"health graph":   {opts: "file,f= all-ipfs-peers", run: runGraph, help: "create a graph displaying connectivity of cluster peers"},
	"health metrics": {run: runMetrics, help: "List latest metrics logged by this peer"},
	"health alerts":  {run: runAlerts, help: "List the latest expired metrics alerts"},
	"ipfs gc":        {opts: "local,l", run: runGC, help: "run garbage collection on IPFS repos of cluster peers"},
}

var groups = map[string]bool{"peers": true, "pin": true, "health": true, "ipfs": true}

// exitError ends the program with a code of its own.
type exitError struct {
	code int
	text string
}

func (e exitError) Error() string { return e.text }

func parse(args []string, opts string) (f flags, rest []string, bad string) {
	f = flags{}
	names, values := map[string]string{}, map[string]bool{}
	for _, o := range strings.Fields(opts + " help,h") {
		spellings := strings.Split(strings.TrimSuffix(o, "="), ",")
		for _, s := range spellings {
			names[s] = spellings[0]
		}
		values[spellings[0]] = strings.HasSuffix(o, "=")
	}
	for len(args) > 0 {
		a := args[0]
		if a == "-" || !strings.HasPrefix(a, "-") {
			break
		}
		args = args[1:]
		if a == "--" {
			break
		}
		name, value, has := strings.Cut(strings.TrimLeft(a, "-"), "=")
		full := names[name]
		if full == "" {
			return f, args, "flag provided but not defined: -" + name
		}
		if values[full] && !has {
			if len(args) == 0 {
				return f, args, "flag needs an argument: -" + name
			}
			value, args = args[0], args[1:]
		} else if !has {
			value = "true"
		}
		f[full] = value
	}
	return f, args, ""
}

// Main is the `ipfs-cluster-ctl` program: 0 fine, 1 local or not reached,
// 2 the API said no, 3 unknown command, 62 waited too long.
func Main(argv []string) int {
	g, rest, bad := parse(argv, globalOpts)
	if bad != "" {
		fmt.Printf("Incorrect Usage. %s\n\n", bad)
		help()
		return 1
	}
	if g["version"] == "true" {
		fmt.Println("ipfs-cluster-ctl version " + capi.Version)
		return 0
	}
	if enc := g.or("encoding", "text"); enc != "json" && enc != "text" {
		fmt.Fprintln(os.Stderr, "unsupported encoding")
		return 1
	}
	if len(rest) == 0 || g["help"] == "true" || rest[0] == "help" || rest[0] == "h" {
		help()
		return 0
	}
	name := rest[0]
	rest = rest[1:]
	if groups[name] && len(rest) > 0 {
		name, rest = name+" "+rest[0], rest[1:]
	}
	v, ok := verbs[name]
	if !ok {
		if groups[name] {
			help()
			return 0
		}
		fmt.Fprintf(os.Stderr, "No help topic for '%s'\n", strings.TrimPrefix(name, strings.Split(name, " ")[0]+" "))
		return 3
	}
	f, args, bad := parse(rest, v.opts)
	if bad != "" || f["help"] == "true" {
		if bad != "" {
			fmt.Printf("Incorrect Usage: %s\n\n", bad)
		}
		fmt.Printf("NAME:\n   ipfs-cluster-ctl %s - %s\n\nUSAGE:\n   ipfs-cluster-ctl %s [arguments...]\n\n", name, v.help, name)
		if bad != "" {
			return 1
		}
		return 0
	}
	c, err := newClient(g)
	if err == nil {
		err = v.run(c, f, args)
	}
	return finish(c, err)
}

func finish(c *client, err error) int {
	if err == nil {
		return 0
	}
	var api capi.Error
	var exit exitError
	switch {
	case errors.As(err, &exit):
		fmt.Fprintln(os.Stderr, exit.text)
		return exit.code
	case errors.As(err, &api):
		if c.json {
			_ = pretty(api)
		} else {
			fmt.Printf("An error occurred:\n  Code: %d\n  Message: %s\n", api.Code, api.Message)
		}
		if api.Code == 0 {
			return 1
		}
		return 2
	}
	fmt.Fprintln(os.Stderr, err)
	return 1
}

func cidArg(args []string) (string, error) {
	text := ""
	if len(args) > 0 {
		text = args[0]
	}
	c, err := cid.Decode(strings.TrimPrefix(text, "/ipfs/"))
	if err != nil {
		return "", fmt.Errorf("error parsing cid: %w", err)
	}
	return c.String(), nil
}

func help() {
	fmt.Printf("NAME:\n   ipfs-cluster-ctl - CLI for IPFS Cluster\n\nUSAGE:\n   ipfs-cluster-ctl [global options] command [command options] [arguments...]\n\nVERSION:\n   %s\n\n", capi.Version)
	fmt.Print("COMMANDS:\n   id, peers ls, peers rm, add, pin add, pin rm, pin ls, status, recover, version,\n   health graph, health metrics, health alerts, ipfs gc\n")
}
