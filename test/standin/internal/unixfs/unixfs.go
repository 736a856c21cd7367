// Package unixfs cuts files into dag-pb blocks exactly as `ipfs add` does by
// default (256 KiB chunks, balanced tree of 174 links, CIDv0), so that a file
// has the same CID here and there, and reads them back.
package unixfs

import (
	"encoding/binary"
	"errors"
	"io"

	"standin/internal/base"
	"standin/internal/cid"
)

const (
	chunkSize = 262144
	width     = 174
	typeFile  = 2
	typeDir   = 1
)

// Link is a link of a dag-pb node.
type Link struct {
	Cid  cid.Cid
	Size uint64
}

// Node is a decoded block.
type Node struct {
	Links []Link
	Data  []byte
	Dir   bool
}

// ErrDir is the answer to reading a directory as a file.
var ErrDir = errors.New("this dag node is a directory")

type builder struct {
	r    io.Reader
	next []byte
	put  func(cid.Cid, []byte) error
}

type built struct {
	cid  cid.Cid
	size uint64 // bytes of all blocks below and this one
	file uint64 // bytes of file content
}

// Add cuts r into blocks, gives each to put and returns the root and the size
// of all blocks.
func Add(r io.Reader, put func(cid.Cid, []byte) error) (cid.Cid, uint64, error) {
	b := &builder{r: r, put: put}
	if err := b.advance(); err != nil {
		return cid.Cid{}, 0, err
	}
	root, err := b.leaf()
	for depth := 1; err == nil && b.next != nil; depth++ {
		root, err = b.fill([]built{root}, depth)
	}
	return root.cid, root.size, err
}

func (b *builder) advance() error {
	buf := make([]byte, chunkSize)
	n, err := io.ReadFull(b.r, buf)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return err
	}
	b.next = nil
	if n > 0 {
		b.next = buf[:n]
	}
	return nil
}

func (b *builder) leaf() (built, error) {
	data := b.next
	if err := b.advance(); err != nil {
		return built{}, err
	}
	return b.store(nil, data)
}

func (b *builder) fill(children []built, depth int) (built, error) {
	for len(children) < width && b.next != nil {
		var child built
		var err error
		if depth == 1 {
			child, err = b.leaf()
		} else {
			child, err = b.fill(nil, depth-1)
		}
		if err != nil {
			return built{}, err
		}
		children = append(children, child)
	}
	return b.store(children, nil)
}

func (b *builder) store(children []built, data []byte) (built, error) {
	block, size, file := encode(children, data)
	c := cid.Sum(cid.DagPB, block)
	return built{c, size + uint64(len(block)), file}, b.put(c, block)
}

func encode(children []built, data []byte) (block []byte, below, file uint64) {
	fs := []byte{0x08, typeFile}
	if len(data) > 0 {
		fs = field(fs, 2, data)
	}
	file = uint64(len(data))
	for _, ch := range children {
		file += ch.file
		below += ch.size
	}
	fs = base.PutUvarint(append(fs, 0x18), file)
	for _, ch := range children {
		fs = base.PutUvarint(append(fs, 0x20), ch.file)
		link := field(nil, 1, ch.cid.Bytes())
		link = field(link, 2, nil)
		link = base.PutUvarint(append(link, 0x18), ch.size)
		block = field(block, 2, link)
	}
	return field(block, 1, fs), below, file
}

func field(b []byte, num byte, data []byte) []byte {
	b = base.PutUvarint(append(b, num<<3|2), uint64(len(data)))
	return append(b, data...)
}

type entry struct {
	num   uint64
	value uint64
	data  []byte
}

func fields(b []byte) ([]entry, error) {
	var out []entry
	for len(b) > 0 {
		tag, n := binary.Uvarint(b)
		if n <= 0 {
			return nil, errors.New("unexpected EOF")
		}
		b = b[n:]
		v, n := binary.Uvarint(b)
		if n <= 0 {
			return nil, errors.New("unexpected EOF")
		}
		b = b[n:]
		e := entry{num: tag >> 3, value: v}
		if tag&7 == 2 {
			if v > uint64(len(b)) {
				return nil, errors.New("unexpected EOF")
			}
			e.data, b = b[:v], b[v:]
		}
		out = append(out, e)
	}
	return out, nil
}

// Decode reads a block of the given codec.
func Decode(codec uint64, block []byte) (Node, error) {
	if codec == cid.Raw {
		return Node{Data: block}, nil
	}
	outer, err := fields(block)
	if err != nil {
		return Node{}, err
	}
	var n Node
	for _, e := range outer {
		switch e.num {
		case 2:
			l, err := decodeLink(e.data)
			if err != nil {
				return Node{}, err
			}
			n.Links = append(n.Links, l)
		case 1:
			inner, err := fields(e.data)
			if err != nil {
				return Node{}, err
			}
			for _, f := range inner {
				if f.num == 1 {
					n.Dir = f.value == typeDir
				}
				if f.num == 2 {
					n.Data = f.data
				}
			}
		}
	}
	return n, nil
}

func decodeLink(b []byte) (Link, error) {
	parts, err := fields(b)
	if err != nil {
		return Link{}, err
	}
	var l Link
	for _, e := range parts {
		switch e.num {
		case 1:
			if l.Cid, err = fromBytes(e.data); err != nil {
				return Link{}, err
			}
		case 3:
			l.Size = e.value
		}
	}
	return l, nil
}

func fromBytes(b []byte) (cid.Cid, error) {
	if len(b) == 34 && b[0] == 0x12 && b[1] == 0x20 {
		return cid.Cid{Codec: cid.DagPB, Hash: string(b)}, nil
	}
	return cid.Decode("z" + base.Encode58(b))
}
