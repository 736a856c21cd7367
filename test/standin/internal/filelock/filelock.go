// Package filelock is the lock of one process on a file (fcntl), with the text
// both real programs give when it is taken: `lock P: someone else has the lock`.
package filelock

import (
	"fmt"
	"os"
	"syscall"
)

// Lock is a held lock.
type Lock struct{ f *os.File }

// Take locks path, creating it.
func Take(path string) (*Lock, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, err
	}
	whole := syscall.Flock_t{Type: syscall.F_WRLCK}
	if err := syscall.FcntlFlock(f.Fd(), syscall.F_SETLK, &whole); err != nil {
		f.Close()
		if err == syscall.EAGAIN || err == syscall.EACCES {
			return nil, fmt.Errorf("lock %s: someone else has the lock", path)
		}
		return nil, fmt.Errorf("Lock FcntlFlock of %s failed: %w", path, err)
	}
	// The holder before removed the file between our open and our lock.
	if now, err := os.Stat(path); err != nil || !same(f, now) {
		f.Close()
		return nil, fmt.Errorf("lock %s: someone else has the lock", path)
	}
	return &Lock{f}, nil
}

func same(f *os.File, now os.FileInfo) bool {
	mine, err := f.Stat()
	return err == nil && os.SameFile(mine, now)
}

// Release removes the file, as the real programs do, and lets go.
func (l *Lock) Release() {
	if l == nil {
		return
	}
	_ = os.Remove(l.f.Name())
	l.f.Close()
}

// Held tells whether another process has the lock, without touching the file.
func Held(path string) bool {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return false
	}
	defer f.Close()
	probe := syscall.Flock_t{Type: syscall.F_WRLCK}
	if err := syscall.FcntlFlock(f.Fd(), syscall.F_GETLK, &probe); err != nil {
		return false
	}
	return probe.Type != syscall.F_UNLCK
}
