package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"time"

	"golang.org/x/term"
)

const (
	// readyVariable names the file that describes the cluster to the command.
	readyVariable = "WEIR_LOCALCLUSTER"
	// killDelay is how long a command may take to end after a signal.
	killDelay = 10 * time.Second
)

// exitStatus is the exit code of a command that failed, never 0. As in shells,
// it is 128 plus the number of the signal that ended the command, if one did.
type exitStatus int

func (s exitStatus) Error() string { return fmt.Sprintf("the command ended with exit code %d", int(s)) }

// runCommand runs the command while ctx lasts, with the path of the file that
// describes the cluster in its environment. When ctx ends, the command gets the
// signal that ended it, or SIGTERM; if it does not obey, it is killed.
func runCommand(ctx context.Context, command []string, ready string) error {
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.Env = append(os.Environ(), readyVariable+"="+ready)
	cmd.WaitDelay = killDelay
	cmd.Cancel = func() error { return cmd.Process.Signal(endSignal(ctx)) }

	// A terminal signals a whole process group by itself. Without one, the
	// command gets a group of its own, so that its children are signalled, too.
	if !term.IsTerminal(int(os.Stdin.Fd())) {
		cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
		cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, endSignal(ctx)) }
	}

	err := cmd.Run()
	if cmd.SysProcAttr != nil && cmd.Process != nil {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // what the command left running, if anything
	}
	if cmd.ProcessState == nil {
		return fmt.Errorf("running the command: %w", err)
	}
	return commandError(cmd.ProcessState)
}

// commandError is the [exitStatus] of a command that ended, or nil if it succeeded.
func commandError(state *os.ProcessState) error {
	if status, ok := state.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return exitStatus(128 + int(status.Signal()))
	}
	if state.Success() {
		return nil
	}
	return exitStatus(state.ExitCode())
}

// endSignal is the signal that ended ctx, or SIGTERM if something else did.
func endSignal(ctx context.Context) syscall.Signal {
	if i := (interruption{}); errors.As(context.Cause(ctx), &i) {
		return i.Signal
	}
	return syscall.SIGTERM
}
