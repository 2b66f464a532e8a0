// Package istio knows what VirtualServices and DestinationRules mean. It
// handles them as plain objects, never as Go types, so that no field of a
// user's is lost, known to anybody or not.
//
// [Read] finds a VirtualService's routes and what is wrong with them, [Overlay]
// lays a move's weights over it, [Rest] digests everything else, and [Support]
// says which DestinationRule a host needs while weights are on the way.
// [Validate] holds an object against Istio's own rules; validation.md lists
// them, and testdata/verdicts records what Istio itself says of many objects.
package istio
