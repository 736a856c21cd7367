// Package ojson is JSON that keeps the order of object keys, so that a fresh
// config or service.json has the real programs' order and indentation.
package ojson

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
)

// Object is a JSON object in its written order.
type Object struct {
	Keys   []string
	Values map[string]interface{}
}

// New is an empty object.
func New() *Object { return &Object{Values: map[string]interface{}{}} }

// Parse reads one JSON value: objects as *Object, numbers as json.Number.
func Parse(b []byte) (interface{}, error) {
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	v, err := value(d)
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return v, err
}

// ParseObject reads one JSON object.
func ParseObject(b []byte) (*Object, error) {
	v, err := Parse(b)
	if err != nil {
		return nil, err
	}
	o, ok := v.(*Object)
	if !ok {
		return nil, errors.New("json: not an object")
	}
	return o, nil
}

func value(d *json.Decoder) (interface{}, error) {
	t, err := d.Token()
	if err != nil {
		return nil, err
	}
	delim, ok := t.(json.Delim)
	if !ok {
		return t, nil
	}
	if delim == '[' {
		list := []interface{}{}
		for d.More() {
			v, err := value(d)
			if err != nil {
				return nil, err
			}
			list = append(list, v)
		}
		_, err = d.Token()
		return list, err
	}
	o := New()
	for d.More() {
		k, err := d.Token()
		if err != nil {
			return nil, err
		}
		v, err := value(d)
		if err != nil {
			return nil, err
		}
		o.Put(k.(string), v)
	}
	_, err = d.Token()
	return o, err
}

// Put sets a key, at the end when it is new.
func (o *Object) Put(key string, v interface{}) {
	if _, ok := o.Values[key]; !ok {
		o.Keys = append(o.Keys, key)
	}
	o.Values[key] = v
}

// Delete removes a key.
func (o *Object) Delete(key string) {
	if _, ok := o.Values[key]; !ok {
		return
	}
	delete(o.Values, key)
	for i, k := range o.Keys {
		if k == key {
			o.Keys = append(o.Keys[:i], o.Keys[i+1:]...)
			return
		}
	}
}

// Get follows a dotted path; nil when it is not there.
func (o *Object) Get(path string) interface{} {
	var v interface{} = o
	for _, part := range strings.Split(path, ".") {
		obj, ok := v.(*Object)
		if !ok || obj == nil {
			return nil
		}
		v = obj.Values[part]
	}
	return v
}

// Object follows a dotted path to an object; nil when it is not one.
func (o *Object) Object(path string) *Object {
	v, _ := o.Get(path).(*Object)
	return v
}

// Set follows a dotted path, making objects on the way, and sets its value.
func (o *Object) Set(path string, v interface{}) {
	parts := strings.Split(path, ".")
	for _, part := range parts[:len(parts)-1] {
		next, ok := o.Values[part].(*Object)
		if !ok {
			next = New()
			o.Put(part, next)
		}
		o = next
	}
	o.Put(parts[len(parts)-1], v)
}

// Text is the string at a dotted path, or "".
func (o *Object) Text(path string) string {
	s, _ := o.Get(path).(string)
	return s
}

// Strings is the list of strings at a dotted path.
func (o *Object) Strings(path string) []string {
	var out []string
	list, _ := o.Get(path).([]interface{})
	for _, v := range list {
		if s, ok := v.(string); ok {
			out = append(out, s)
		}
	}
	return out
}

// List makes a JSON list of strings.
func List(items []string) []interface{} {
	out := []interface{}{}
	for _, s := range items {
		out = append(out, s)
	}
	return out
}

// MarshalJSON writes the object in its order.
func (o *Object) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, k := range o.Keys {
		if i > 0 {
			b.WriteByte(',')
		}
		key, _ := json.Marshal(k)
		val, err := json.Marshal(o.Values[k])
		if err != nil {
			return nil, err
		}
		b.Write(key)
		b.WriteByte(':')
		b.Write(val)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// Number is a whole number at a dotted path, or otherwise.
func (o *Object) Number(path string, otherwise int) int {
	n, ok := o.Get(path).(json.Number)
	if !ok {
		return otherwise
	}
	v, err := n.Int64()
	if err != nil {
		return otherwise
	}
	return int(v)
}
