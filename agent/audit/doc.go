// Package audit is the record of what was allowed, refused and done: entries
// that are sealed, so that their digest is known before they are pushed, and
// chained, each naming the digest of the one before it on the same targets.
//
// It says what the files of the status branch hold and where they stand; it
// reads and writes none of them.
package audit
