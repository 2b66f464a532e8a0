package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os/exec"
	"runtime"
	"syscall"
	"time"
)

// cost is what processes took, one after the other: memory is that of the largest.
type cost struct {
	wall, cpu time.Duration
	memory    int64 // bytes
}

func (c *cost) add(other cost) {
	c.wall, c.cpu, c.memory = c.wall+other.wall, c.cpu+other.cpu, max(c.memory, other.memory)
}

func (c *cost) times(n float64) {
	c.wall, c.cpu = time.Duration(float64(c.wall)*n), time.Duration(float64(c.cpu)*n)
}

// measure runs a program to its end; out gets what it prints, nil for nobody.
func measure(ctx context.Context, out io.Writer, command ...string) (cost, error) {
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = out, &said
	began := time.Now()
	if err := cmd.Run(); err != nil {
		return cost{}, fmt.Errorf("%v: %w: %s", command, err, &said)
	}
	c := cost{wall: time.Since(began), cpu: cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()}
	if usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		if c.memory = usage.Maxrss; runtime.GOOS != "darwin" { // everybody else counts in KiB
			c.memory <<= 10
		}
	}
	return c, nil
}

// spent is the CPU time of this process.
func spent() time.Duration {
	var usage syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &usage) != nil {
		return 0
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
