// Package agent is the agent itself: one pass over the rollouts that are due.
// It decides nothing; [rollout.Next] does. It touches no technology; its
// adapters, the packages below this one, implement the interfaces it declares.
//
// Start reading at [Agent.Pass]: read, propose, review, back, record, apply,
// report. [Accept] is how an overlay is taken, whole or not at all, and [Check]
// is the same code for a pull request, stopped before the writes.
package agent
