package main

import (
	"errors"
	"net/netip"
	"sync"

	"k8s.io/apimachinery/pkg/types"
)

// addresses gives every pod an IP address of its own. Freed addresses come
// back only when all others were given out.
type addresses struct {
	mu     sync.Mutex
	prefix netip.Prefix
	last   netip.Addr
	byPod  map[types.UID]netip.Addr
	taken  map[netip.Addr]bool
}

// newAddresses gives out the addresses of prefix but for its first, the network's.
func newAddresses(prefix netip.Prefix) *addresses {
	return &addresses{
		prefix: prefix,
		last:   prefix.Masked().Addr(),
		byPod:  make(map[types.UID]netip.Addr),
		taken:  make(map[netip.Addr]bool),
	}
}

// keep notes that the pod has addr already.
func (a *addresses) keep(pod types.UID, addr netip.Addr) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.byPod[pod], a.taken[addr] = addr, true
	if a.prefix.Contains(addr) && a.last.Less(addr) {
		a.last = addr
	}
}

// of is the pod's address, given out at the first call.
func (a *addresses) of(pod types.UID) (netip.Addr, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if addr, ok := a.byPod[pod]; ok {
		return addr, nil
	}
	for range a.size() {
		a.last = a.last.Next()
		if !a.prefix.Contains(a.last) {
			a.last = a.prefix.Masked().Addr().Next()
		}
		if !a.taken[a.last] {
			a.byPod[pod], a.taken[a.last] = a.last, true
			return a.last, nil
		}
	}
	return netip.Addr{}, errors.New("no pod address is free")
}

// size is how many addresses the prefix has.
func (a *addresses) size() int {
	return 1 << (a.last.BitLen() - a.prefix.Bits())
}

// release takes the pod's address back.
func (a *addresses) release(pod types.UID) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.taken, a.byPod[pod])
	delete(a.byPod, pod)
}
