package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	stdlog "log"
	"log/slog"
	"os"
	"runtime/debug"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"golang.org/x/sys/unix"
	"k8s.io/client-go/rest"
	"k8s.io/klog/v2"
)

// tailBytes is how much of the log's end an error shows.
const tailBytes = 4 << 10

// clusterLog is where all parts of the cluster log to: a file in the cluster's
// folder and, if verbose, standard error.
type clusterLog struct {
	io.Writer
	file     *os.File
	verbose  bool
	diverted *os.File // held for [divertStderr]
}

// openLog starts the log in f anew and points the logging libraries at it.
// Unless the log is verbose, what libraries write to standard error goes there, too.
func openLog(f *folder, verbose bool) (*clusterLog, error) {
	file, err := os.OpenFile(f.file(logFile), os.O_CREATE|os.O_TRUNC|os.O_RDWR|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	l := &clusterLog{Writer: file, file: file, verbose: verbose}
	if verbose {
		l.Writer = io.MultiWriter(file, os.Stderr)
	} else if l.diverted, err = divertStderr(file); err != nil {
		return nil, errors.Join(fmt.Errorf("diverting standard error: %w", err), file.Close())
	}
	klog.SetSlogLogger(slog.New(slog.NewTextHandler(l, nil)))
	stdlog.SetOutput(l)
	rest.SetDefaultWarningHandler(rest.NoWarnings{})
	return l, nil
}

// etcd is the log in the form that etcd takes.
func (l *clusterLog) etcd() *zap.Logger {
	format := zap.NewProductionEncoderConfig()
	format.EncodeTime = zapcore.ISO8601TimeEncoder
	return zap.New(zapcore.NewCore(zapcore.NewConsoleEncoder(format), zapcore.Lock(zapcore.AddSync(l)), zap.WarnLevel)).Named("etcd")
}

// explain adds the end of the log to err unless the log was shown anyway.
func (l *clusterLog) explain(err error) error {
	if l.verbose {
		return err
	}
	text, e := l.tail()
	if e != nil {
		return errors.Join(err, fmt.Errorf("reading the log: %w", e))
	}
	if len(text) == 0 {
		return err
	}
	return fmt.Errorf("%w\nthe log ends with:\n%s", err, text)
}

// tail is the last lines of the log.
func (l *clusterLog) tail() ([]byte, error) {
	info, err := l.file.Stat()
	if err != nil {
		return nil, err
	}
	start := max(0, info.Size()-tailBytes)
	text, err := io.ReadAll(io.NewSectionReader(l.file, start, tailBytes))
	if _, whole, cut := bytes.Cut(text, []byte("\n")); cut && start > 0 {
		text = whole
	}
	return bytes.TrimSpace(text), err
}

// close ends the log; what is logged later is lost.
func (l *clusterLog) close() error {
	klog.SetSlogLogger(slog.New(slog.DiscardHandler))
	stdlog.SetOutput(io.Discard)
	return l.file.Close()
}

// divertStderr sends the process's standard error to the file, for good, but
// for what goes through the variable os.Stderr from now on. It so silences
// libraries that took hold of standard error before main began. The trace of a
// crash goes to both.
//
// The result is what os.Stderr was. It must stay reachable: when collected, it
// would close the file descriptor under the libraries that use it.
func divertStderr(file *os.File) (diverted *os.File, err error) {
	fd := int(os.Stderr.Fd())
	duplicate, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return nil, os.NewSyscallError("fcntl", err)
	}
	if err := unix.Dup2(int(file.Fd()), fd); err != nil {
		return nil, os.NewSyscallError("dup2", err)
	}
	diverted, os.Stderr = os.Stderr, os.NewFile(uintptr(duplicate), os.Stderr.Name())
	return diverted, debug.SetCrashOutput(os.Stderr, debug.CrashOptions{})
}
