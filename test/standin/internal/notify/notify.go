// Package notify tells systemd about readiness (sd_notify), as kubo and
// ipfs-cluster-service do under Type=notify.
package notify

import (
	"net"
	"os"
)

// Send writes one state such as READY=1 to NOTIFY_SOCKET, if there is one.
func Send(state string) {
	path := os.Getenv("NOTIFY_SOCKET")
	if path == "" {
		return
	}
	// The net package turns a leading '@' into the abstract name space.
	c, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		return
	}
	defer c.Close()
	_, _ = c.Write([]byte(state))
}
