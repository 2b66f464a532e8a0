// Package schema holds the JSON Schemas of the documents that a user of weir
// writes, for editors, for `weir explain` and for the tests of the decoders. It
// is data: it does not decode anything.
package schema

import "embed"

// Files are the schemas, each named after its document.
//
//go:embed *.schema.json
var Files embed.FS
