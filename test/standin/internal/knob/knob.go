// Package knob reads the variables that make a stand-in fail on purpose; see
// the README. None is set in an ordinary run.
package knob

import (
	"fmt"
	"os"
	"strings"
	"time"
)

func duration(name string) (time.Duration, bool) {
	d, err := time.ParseDuration(os.Getenv(name))
	return d, err == nil && d > 0
}

// StartDelay holds up a daemon before it opens anything.
func StartDelay() {
	if d, ok := duration("FAKE_START_DELAY"); ok {
		time.Sleep(d)
	}
}

// CrashLater ends a daemon that has become ready, without cleaning up.
func CrashLater() {
	if d, ok := duration("FAKE_CRASH_AFTER"); ok {
		time.AfterFunc(d, func() {
			fmt.Fprint(os.Stderr, "panic: FAKE_CRASH_AFTER\n\ngoroutine 1 [running]:\n")
			os.Exit(2)
		})
	}
}

// Dropped tells whether the network between this program and a peer is cut.
func Dropped(id string) bool {
	for _, one := range strings.Split(os.Getenv("FAKE_DROP"), ",") {
		if one != "" && one == id {
			return true
		}
	}
	return false
}

// Closed tells whether nobody gets through to this program, while it dials
// others as ever: a port that is closed on one side.
func Closed() bool { return os.Getenv("FAKE_CLOSED") != "" }

// PinFails tells whether kubo cannot pin a CID; "all" stands for every one.
func PinFails(cid string) bool {
	v := os.Getenv("FAKE_PIN_FAIL")
	return v != "" && (v == "all" || v == cid)
}
