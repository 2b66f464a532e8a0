package cmd_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTheImageRunsOneStaticProgramAsNobody(t *testing.T) {
	stages := strings.Split(string(read(t, "Dockerfile")), "\nFROM ")[1:]
	require.Len(t, stages, 2, "one builds, one runs")
	build, run := stages[0], stages[1]
	assert.Contains(t, build, "CGO_ENABLED=0")
	assert.Contains(t, build, "-trimpath")
	assert.Contains(t, run, "gcr.io/distroless/static")
	assert.Regexp(t, `(?m)^USER 65532:65532$`, run, "a number, so that runAsNonRoot can be checked")
	assert.NotRegexp(t, `(?m)^(RUN|VOLUME|ADD)\b`, run)

	copied := regexp.MustCompile(`(?m)^COPY --from=build /src/(\S+) (\S+)$`).FindStringSubmatch(run)
	require.NotNil(t, copied)
	assert.Contains(t, string(read(t, "Makefile")), " "+copied[1]+" ", "`make build` writes what is copied")
	assert.Contains(t, run, `ENTRYPOINT ["`+copied[2]+`"]`)
}
