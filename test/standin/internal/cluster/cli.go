package cluster

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"standin/internal/capi"
)

// flags are the options given, by their long name; a switch is "true".
type flags map[string]string

type spec struct {
	name, short string
	value       bool
	help        string
}

var globalSpecs = []spec{
	{"config", "c", true, "path to the configuration and data `FOLDER`"},
	{"force", "f", false, "forcefully proceed with some actions. i.e. overwriting configuration"},
	{"debug", "d", false, "enable full debug logging (very verbose)"},
	{"loglevel", "l", true, "set overall and component-wise log levels"},
	{"help", "h", false, "show help"}, {"version", "v", false, "print the version"},
}

var commandSpecs = map[string][]spec{
	"init": {{"consensus", "", true, "select consensus: 'crdt' or 'raft'"},
		{"datastore", "", true, "select datastore: 'badger', 'badger3', 'leveldb' or 'pebble'"},
		{"custom-secret", "s", false, "prompt for the cluster secret (when no source specified)"},
		{"peers", "", true, "comma-separated list of multiaddresses to init with (see help)"},
		{"force", "f", false, "overwrite configuration without prompting"},
		{"randomports", "", false, "configure random ports to listen on instead of defaults"}},
	"daemon": {{"upgrade", "u", false, "run state migrations before starting (deprecated/unused)"},
		{"bootstrap", "j", true, "join a cluster providing a comma-separated list of existing peers multiaddress(es)"},
		{"leave", "x", false, ""}, {"stats", "", false, "enable stats collection"},
		{"tracing", "", false, "enable tracing collection"},
		{"no-trust", "", false, "do not trust bootstrap peers (only for \"crdt\" consensus)"}},
	"state export":  {{"file", "f", true, "writes to an output file"}},
	"state import":  {{"force", "f", false, "skips confirmation prompt"}, {"replication-min", "rmin", true, ""}, {"replication-max", "rmax", true, ""}, {"allocations", "allocs", true, ""}},
	"state cleanup": {{"force", "f", false, "skip confirmation prompt"}},
	"version":       nil,
}

// parse takes flags off the front of args; bad is a flag that is not known.
func parse(args []string, specs []spec) (f flags, rest []string, bad string) {
	f = flags{}
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
		s := lookup(append(specs, spec{name: "help", short: "h"}), name)
		if s == nil {
			return f, args, "flag provided but not defined: -" + name
		}
		if s.value && !has {
			if len(args) == 0 {
				return f, args, "flag needs an argument: -" + name
			}
			value, args = args[0], args[1:]
		} else if !s.value && !has {
			value = "true"
		}
		f[s.name] = value
	}
	return f, args, ""
}

func lookup(specs []spec, name string) *spec {
	for i := range specs {
		if name != "" && (specs[i].name == name || specs[i].short == name) {
			return &specs[i]
		}
	}
	return nil
}

// Main is the `ipfs-cluster-service` program. Its odd exit codes are fact 7:
// an unknown flag is 0, an unknown command 1.
func Main(argv []string) int {
	global, rest, bad := parse(argv, globalSpecs)
	if bad != "" {
		fmt.Printf("Incorrect Usage. %s\n\n", bad)
		help()
		return 0
	}
	if global["version"] == "true" {
		fmt.Println("ipfs-cluster-service version " + capi.Version)
		return 0
	}
	if len(rest) == 0 || global["help"] == "true" {
		help()
		if global["help"] == "true" {
			return 0
		}
		return 1
	}
	name := rest[0]
	rest = rest[1:]
	if name == "state" && len(rest) > 0 {
		name, rest = "state "+rest[0], rest[1:]
	}
	specs, known := commandSpecs[name]
	if !known {
		help()
		return 1
	}
	f, args, bad := parse(rest, specs)
	if bad != "" {
		fmt.Printf("Incorrect Usage: %s\n\n", bad)
		commandHelp(name)
		return 0
	}
	if f["help"] == "true" {
		commandHelp(name)
		return 0
	}
	if err := dispatch(folder(global), name, f, args); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

func folder(global flags) string {
	if d := global["config"]; d != "" {
		return absolute(d)
	}
	if d := os.Getenv("IPFS_CLUSTER_PATH"); d != "" {
		return absolute(d)
	}
	home, _ := os.UserHomeDir()
	return filepath.Join(home, ".ipfs-cluster")
}

func absolute(d string) string {
	if abs, err := filepath.Abs(d); err == nil {
		return abs
	}
	return d
}

func dispatch(dir, name string, f flags, args []string) error {
	switch name {
	case "init":
		return runInit(dir, f, args)
	case "daemon":
		return runDaemon(dir, f)
	case "version":
		fmt.Println(capi.Version)
		return nil
	}
	return runState(dir, strings.TrimPrefix(name, "state "), f, args)
}

func help() {
	fmt.Printf(`NAME:
   ipfs-cluster-service - IPFS Cluster peer

USAGE:
   ipfs-cluster-service [global options] command [command options] [arguments...]

VERSION:
   %s

COMMANDS:
   init     Creates a configuration and generates an identity
   daemon   Runs the IPFS Cluster peer (default)
   state    Manages the peer's consensus state (pinset)
   version  Prints the ipfs-cluster version
   help, h  Shows a list of commands or help for one command

GLOBAL OPTIONS:
`, capi.Version)
	options(globalSpecs)
}

func commandHelp(name string) {
	about := map[string]string{"init": "Creates a configuration and generates an identity", "daemon": "Runs the IPFS Cluster peer (default)"}
	fmt.Printf("NAME:\n   ipfs-cluster-service %s - %s\n\nUSAGE:\n   ipfs-cluster-service %s [command options] [arguments...]\n\nOPTIONS:\n",
		name, about[name], name)
	options(commandSpecs[name])
}

func options(specs []spec) {
	for _, s := range specs {
		if s.help == "" {
			continue
		}
		left := "--" + s.name
		if s.value {
			left += " value"
		}
		if s.short != "" {
			left += ", -" + s.short
			if s.value {
				left += " value"
			}
		}
		fmt.Printf("   %-27s  %s\n", left, s.help)
	}
	fmt.Println("   ")
}
