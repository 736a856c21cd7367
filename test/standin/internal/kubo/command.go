package kubo

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

// request is one call of a command, from the command line or over HTTP.
type request struct {
	ctx  context.Context
	args []string
	opts map[string]string
	body io.Reader // a file or stdin, for the commands that take one
	name string    // its file name
	node *Node
}

func (r *request) on(opt string) bool { return r.opts[opt] == "true" }

type emitter func(v interface{}) error

// command is one entry of the table. run emits values that are sent as JSON;
// raw writes bytes instead; text prints one JSON value for people.
type command struct {
	path     string
	opts     string // "name:short ..."; a trailing = takes a value
	min, max int    // arguments; max -1: any number
	arg      string // the name of the argument, for messages
	file     bool   // the arguments are files (or stdin) for the command line
	raw      func(*request, io.Writer) error
	run      func(*request, emitter) error
	text     func(io.Writer, *request, json.RawMessage) error
}

var commands = map[string]*command{}

func register(list ...*command) {
	for _, c := range list {
		commands[c.path] = c
	}
}

// find takes the longest path of words that is a command.
func find(words []string) (*command, int) {
	for n := len(words); n > 0; n-- {
		if c := commands[strings.Join(words[:n], " ")]; c != nil {
			return c, n
		}
	}
	return nil, 0
}

func (c *command) checkArgs(n int) error {
	if n < c.min {
		return usageError{fmt.Sprintf("argument %q is required", c.arg)}
	}
	if c.max >= 0 && n > c.max {
		return usageError{fmt.Sprintf("too many arguments: expected %d, got %d", c.max, n)}
	}
	return nil
}

// usageError is a call that cannot be right: over HTTP 400, with code 1.
type usageError struct{ text string }

func (e usageError) Error() string { return e.text }

func stringsText(key string) func(io.Writer, *request, json.RawMessage) error {
	return func(w io.Writer, _ *request, raw json.RawMessage) error {
		var m map[string][]string
		if err := json.Unmarshal(raw, &m); err != nil {
			return err
		}
		for _, s := range m[key] {
			fmt.Fprintln(w, s)
		}
		return nil
	}
}

func silent(io.Writer, *request, json.RawMessage) error { return nil }
