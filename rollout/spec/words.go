package spec

import (
	"path"
	"regexp"
	"strings"
	"unicode/utf8"
)

// anyText accepts every string that is not empty.
func anyText(v value) string {
	if v.node.Value == "" {
		v.bad("give it a value or leave it out", "is empty")
	}
	return v.node.Value
}

// matching accepts the strings of the pattern.
func matching(pattern, hint, what string) func(value) string {
	re := regexp.MustCompile(`^(?:` + pattern + `)$`)
	return func(v value) string {
		if !re.MatchString(v.node.Value) {
			v.bad(hint, "is no %s: %q", what, v.node.Value)
			return ""
		}
		return v.node.Value
	}
}

// limited is matching with a bound on the length.
func limited(most int, check func(value) string) func(value) string {
	return func(v value) string {
		if utf8.RuneCountInString(v.node.Value) > most {
			v.bad("use a shorter one", "is longer than %d characters", most)
			return ""
		}
		return check(v)
	}
}

const (
	word   = `[a-z0-9](?:[-a-z0-9]*[a-z0-9])?`
	lower  = "use lower-case letters, digits and -, beginning and ending with a letter or digit"
	branch = `[A-Za-z0-9_](?:[-A-Za-z0-9_.]*[A-Za-z0-9_])?`
)

// label accepts a DNS-1123 label, which is a path segment as well.
func label(v value) string { return limited(63, matching(word, lower, "DNS label"))(v) }

// objectName accepts DNS-1123 subdomains, as Kubernetes names objects.
func objectName(v value) string {
	return limited(253, matching(word+`(?:\.`+word+`)*`, lower+"; dots may join several", "name of a Kubernetes object"))(v)
}

// packageName accepts a dotted Rego package.
func packageName(v value) string {
	return matching(`[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*`, "write it as in the policy's package line, without data.", "Rego package")(v)
}

// branchName accepts the names of branches that every Git server accepts.
func branchName(v value) string {
	if strings.HasSuffix(v.node.Value, ".lock") || strings.Contains(v.node.Value, "..") {
		v.bad("use letters, digits, - _ . and / between them", "is no name of a branch: %q", v.node.Value)
		return ""
	}
	return limited(200, matching(branch+`(?:/`+branch+`)*`, "use letters, digits, - _ . and / between them", "name of a branch"))(v)
}

// folder accepts a relative, clean path inside the repository.
func folder(v value) string {
	const hint = "write the path from the repository's root, without a / before or after it and without . or .."
	text := v.node.Value
	if text == "" || path.IsAbs(text) || path.Clean(text) != text || text == ".." || strings.HasPrefix(text, "../") || strings.ContainsAny(text, "\\\x00\n") {
		v.bad(hint, "is no clean path inside the repository: %q", text)
		return ""
	}
	return text
}

// glob accepts a folder whose segments may hold *, ? and [ ].
func glob(v value) string {
	if strings.Contains(v.node.Value, "**") {
		v.bad("write one * for each level of folders", "uses **, which no glob here does: %q", v.node.Value)
		return ""
	}
	if _, err := path.Match(v.node.Value, ""); err != nil {
		v.bad("close the [ or escape it", "is no glob: %q", v.node.Value)
		return ""
	}
	return folder(v)
}
