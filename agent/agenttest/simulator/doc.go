// Package simulator plays stories about agents in a world that goes wrong: the
// real agent, planner and policies, over models of Git, of the API server and
// of time, on one thread and from one seed. Every call of an agent can be slow,
// lost, late, answered twice or refused, and its process can die there; people
// edit, commit and stop things at any moment. Stories may have gates besides:
// windows, freezes, ticks, metrics that get worse, webhooks that change their
// mind. An oracle of its own watches all that is stored and says which promise
// was broken.
//
// Start reading at [Draw] and [DrawGated], which make a [Story] of a seed, and at [Play], which
// plays one; oracle*.go hold a promise each. For tests only.
package simulator
