package istio

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
)

// The domain does not import net/http, and knows its numbers all the same.
func TestTheStatusesOfHTTPAreKnown(t *testing.T) {
	for code := -1; code < 1000; code++ {
		assert.Equal(t, http.StatusText(code) != "", knownStatus(code), code)
	}
}
