package main

import (
	"net/netip"
	"testing"

	"k8s.io/apimachinery/pkg/types"
)

func TestAddresses(t *testing.T) {
	a := newAddresses(netip.MustParsePrefix("10.0.0.0/30"))
	a.keep("old", netip.MustParseAddr("10.0.0.1"))
	want := func(pod types.UID, addr string) {
		t.Helper()
		if got, err := a.of(pod); err != nil || got.String() != addr {
			t.Errorf("pod %s has %v, %v; want %s", pod, got, err, addr)
		}
	}
	want("old", "10.0.0.1")
	want("one", "10.0.0.2")
	want("two", "10.0.0.3")
	want("one", "10.0.0.2")
	if got, err := a.of("three"); err == nil {
		t.Errorf("pod three has %v, which another has", got)
	}
	a.release("old")
	a.release("never seen")
	want("three", "10.0.0.1")
}
