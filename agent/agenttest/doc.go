// Package agenttest is the agent's world for tests and the demo: a model of
// each interface that the agent declares, one conformance suite for each that
// runs on the model and on the real part, and a real Git server on loopback.
//
// Start at [Git] and [Kube], the models; [TestSource], [TestJournal] and
// [TestCluster], the suites; and [GitServer] and [LocalCluster], the real parts.
package agenttest
