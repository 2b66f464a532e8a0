package main

import (
	"io"
	"slices"
	"testing"
)

func TestParseArguments(t *testing.T) {
	a, err := parseArguments([]string{"--agent", "a/b", "--dir", "d", "--keep", "--", "go", "test", "-v"}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if a.agent != newAccount("a", "b") || !a.keep || !slices.Equal(a.command, []string{"go", "test", "-v"}) {
		t.Errorf("the arguments are %+v", a)
	}
	for _, args := range [][]string{
		{"--keep"},
		{"--port", "65536"},
		{"--agent", "weir"},
		{"--agent", "weir/"},
		{"--until-stdin-closes", "--", "true"},
		{"--unknown"},
	} {
		if _, err := parseArguments(args, io.Discard); err == nil {
			t.Errorf("%q is accepted", args)
		}
	}
}
