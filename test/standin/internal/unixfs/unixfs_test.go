package unixfs

import (
	"bytes"
	"strings"
	"testing"

	"standin/internal/cid"
)

// The ids are those the real programs give: golden raw-09 for "zz\n", the
// others well known.
func TestKnownIds(t *testing.T) {
	for text, want := range map[string]string{
		"":              "QmbFMke1KXqnYyBBWxB74N4c5SBnJMVAiMNRcGu6x1AwQH",
		"hello world\n": "QmT78zSuBmuS4z925WZfrqQ1qHaJ56DQaTfyMUF7F8ff5o",
		"zz\n":          "QmchniHEVGBZL1zkmmBh88FdeyCphBbQAwBFBv8fe4Bjd2",
	} {
		root, size, err := Add(strings.NewReader(text), func(cid.Cid, []byte) error { return nil })
		if err != nil || root.String() != want {
			t.Errorf("%q: %s, %v, want %s", text, root, err, want)
		}
		if text == "zz\n" && size != 11 {
			t.Errorf("size %d, want 11", size)
		}
	}
}

func TestTree(t *testing.T) {
	content := bytes.Repeat([]byte("0123456789abcdef"), 180*chunkSize/16)
	blocks := map[string][]byte{}
	root, _, err := Add(bytes.NewReader(content), func(c cid.Cid, b []byte) error {
		blocks[c.String()] = b
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	var read func(c cid.Cid) []byte
	read = func(c cid.Cid) []byte {
		n, err := Decode(c.Codec, blocks[c.String()])
		if err != nil {
			t.Fatal(err)
		}
		out := n.Data
		for _, l := range n.Links {
			out = append(out[:len(out):len(out)], read(l.Cid)...)
		}
		return out
	}
	if !bytes.Equal(read(root), content) {
		t.Error("content differs")
	}
}
