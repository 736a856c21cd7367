// Package logx writes log lines in the shape of the real programs' logger:
// time, level, system, source and message, separated by tabs, on stderr.
package logx

import (
	"fmt"
	"os"
	"sync"
	"time"
)

var mu sync.Mutex

func line(level, system, source, format string, args []interface{}) {
	mu.Lock()
	defer mu.Unlock()
	at := time.Now().UTC().Format("2006-01-02T15:04:05.000Z")
	fmt.Fprintf(os.Stderr, "%s\t%s\t%s\t%s\t%s\n", at, level, system, source, fmt.Sprintf(format, args...))
}

// Info logs at level INFO.
func Info(system, source, format string, args ...interface{}) {
	line("INFO", system, source, format, args)
}

// Warn logs at level WARN.
func Warn(system, source, format string, args ...interface{}) {
	line("WARN", system, source, format, args)
}

// Error logs at level ERROR.
func Error(system, source, format string, args ...interface{}) {
	line("ERROR", system, source, format, args)
}

// Fatal logs at level FATAL and ends the program on the spot.
func Fatal(system, source, format string, args ...interface{}) {
	line("FATAL", system, source, format, args)
	os.Exit(1)
}
