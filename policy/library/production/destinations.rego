package production

# rises tells whether the rollout gives the destination more than it had.
rises(d) if d.target.share > before(d).share

# before is the destination's part where going back leads; where nobody knows
# that, its part now.
before(d) := d.stable

before(d) := d.from if not d.stable

# called is the destination as people say it.
called(d) := sprintf("subset %s of %s", [d.subset, d.host]) if d.subset != ""

called(d) := d.host if d.subset == ""

# lowers tells whether a hand edit is undone that gave a route more, and none
# that took from it: that takes traffic off what is new, and waits for nothing.
lowers if {
	input.operation == "correct"
	every target in input.targets {
		every route in target.routes {
			route.exposure.to <= route.exposure.from
		}
	}
}
