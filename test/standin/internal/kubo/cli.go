package kubo

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"strings"
	"time"
)

const globalOpts = "api= timeout= offline enc= encoding= config:c= debug:D help:h local:L stream-channels cid-base= upgrade-cidv0-in-output api-auth= repo-dir= config-file="

// optionNames maps every spelling of a command's options to its name.
func optionNames(c *command) map[string]string {
	names := map[string]string{}
	list := globalOpts
	if c != nil {
		list += " " + c.opts
	}
	for _, o := range strings.Fields(list) {
		parts := strings.Split(strings.TrimSuffix(o, "="), ":")
		for _, spelling := range parts {
			names[spelling] = parts[0]
		}
	}
	return names
}

func takesValue(c *command, name string) bool {
	list := globalOpts
	if c != nil {
		list = c.opts + " " + list
	}
	for _, o := range strings.Fields(list) {
		if strings.Split(strings.TrimSuffix(o, "="), ":")[0] == name {
			return strings.HasSuffix(o, "=")
		}
	}
	return false
}

// Main is the `ipfs` program.
func Main(argv []string) int {
	path, err := repoPath()
	if err == nil {
		err = checkPlugins(path + "/config")
	}
	if err == nil {
		err = execute(path, argv)
	}
	if err == nil {
		return 0
	}
	fmt.Fprintln(os.Stderr, "Error: "+err.Error())
	return 1
}

// split tells words from options; the command decides which take a value.
func split(argv []string) (c *command, words []string, opts map[string]string, err error) {
	var plain []string
	for i := 0; i < len(argv); i++ { // the words first, to know the command
		a := argv[i]
		if strings.HasPrefix(a, "-") && a != "-" {
			name := strings.TrimLeft(a, "-")
			if !strings.Contains(name, "=") && takesValue(nil, optionNames(nil)[name]) {
				i++
			}
			continue
		}
		plain = append(plain, a)
	}
	c, used := find(plain)
	opts = map[string]string{}
	names := optionNames(c)
	literal := false
	for i := 0; i < len(argv); i++ {
		a := argv[i]
		if literal || a == "-" || !strings.HasPrefix(a, "-") {
			words = append(words, a)
			continue
		}
		if a == "--" {
			literal = true
			continue
		}
		for _, one := range spread(a, names) {
			name, value, has := strings.Cut(one, "=")
			full := names[name]
			if full == "" {
				return c, nil, nil, usageError{fmt.Sprintf("unknown option %q", name)}
			}
			if !has && takesValue(c, full) {
				if i++; i >= len(argv) {
					return c, nil, nil, usageError{fmt.Sprintf("missing argument for option %q", name)}
				}
				value = argv[i]
			} else if !has {
				value = "true"
			}
			opts[full] = value
		}
	}
	if c == nil {
		return nil, words, opts, nil
	}
	return c, words[used:], opts, nil
}

// spread cuts -rQ into r and Q.
func spread(a string, names map[string]string) []string {
	if strings.HasPrefix(a, "--") {
		return []string{a[2:]}
	}
	letters, value, has := strings.Cut(a[1:], "=")
	if names[letters] != "" || len(letters) <= 1 {
		return []string{a[1:]}
	}
	var out []string
	for _, l := range letters {
		out = append(out, string(l))
	}
	if has {
		out[len(out)-1] += "=" + value
	}
	return out
}

func execute(path string, argv []string) error {
	c, words, opts, err := split(argv)
	if err != nil {
		return err
	}
	if opts["help"] == "true" || (c == nil && len(words) == 0) {
		fmt.Println("USAGE\n  ipfs - Global p2p merkle-dag filesystem.")
		return nil
	}
	if c == nil {
		return usageError{fmt.Sprintf("Unknown Command %q\n", words[0])}
	}
	if enc := opts["encoding"] + opts["enc"]; enc != "" && enc != "json" && enc != "text" {
		return fmt.Errorf("invalid encoding: %s", enc)
	}
	ctx := context.Background()
	if text := opts["timeout"]; text != "" {
		t, err := time.ParseDuration(text)
		if err != nil {
			return err
		}
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, t)
		defer cancel()
	}
	switch c.path {
	case "init":
		return runInit(ctx, path, words, opts)
	case "daemon":
		return runDaemon(path, opts)
	case "repo migrate":
		return runRepoMigrate(path, opts)
	}
	r := &request{ctx: ctx, args: words, opts: opts}
	if c.file && len(words) == 0 {
		words = []string{"-"}
	}
	if err := c.checkArgs(len(words)); err != nil {
		return err
	}
	call, done, err := route(c, path, opts)
	if err != nil {
		return err
	}
	defer done()
	if !c.file {
		err := call(r)
		if _, explicit := opts["api"]; err != errNoAPI || explicit {
			return err
		}
		// The daemon ended between the look at its API and the call.
		call, again, err := route(c, path, opts)
		if err != nil {
			return err
		}
		defer again()
		return call(r)
	}
	for _, name := range words {
		if err := withFile(r, name, call); err != nil {
			return err
		}
	}
	return nil
}

func withFile(r *request, name string, call func(*request) error) error {
	r.body, r.name = os.Stdin, ""
	if name != "-" {
		st, err := os.Lstat(name)
		if err != nil {
			return err
		}
		if st.IsDir() {
			return fmt.Errorf("invalid path %q, cannot add a directory; use -r to recursively add", name)
		}
		f, err := os.Open(name)
		if err != nil {
			return err
		}
		defer f.Close()
		r.body, r.name = f, st.Name()
	}
	return call(r)
}

// runHere runs a command in this process.
func runHere(c *command, r *request) error {
	if c.raw != nil {
		return c.raw(r, os.Stdout)
	}
	return c.run(r, func(v interface{}) error {
		b, err := json.Marshal(v)
		if err != nil {
			return err
		}
		return show(c, r, b)
	})
}

func show(c *command, r *request, raw json.RawMessage) error {
	if r.opts["enc"] == "json" || r.opts["encoding"] == "json" {
		_, err := fmt.Println(string(raw))
		return err
	}
	return c.text(os.Stdout, r, raw)
}

func query(r *request) string {
	q := url.Values{}
	for _, a := range r.args {
		q.Add("arg", a)
	}
	for k, v := range r.opts {
		if k != "api" && k != "enc" && k != "offline" {
			q.Set(k, v)
		}
	}
	q.Set("encoding", "json")
	return q.Encode()
}
