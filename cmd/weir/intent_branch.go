package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"path"
)

// otherBranch is the branch that the cluster's agent watches, by what it says on the status
// branch; empty where it is the one that is asked for anyway, or where nobody says.
// What is committed elsewhere would be heeded by nobody.
func (o wish) otherBranch(ctx context.Context, origin *origin, cluster, source string) (string, error) {
	tree, err := origin.Read(ctx)
	if err != nil && source == "git" {
		return "", err
	}
	var is struct {
		Branch string `json:"branch"`
	}
	file := path.Join("accepted", cluster+".json")
	if err == nil {
		var data []byte
		if data, err = fs.ReadFile(tree, file); err == nil {
			err = json.Unmarshal(data, &is)
		}
	}
	switch {
	case err != nil && source == "git":
		return "", fmt.Errorf("reading %s on the status branch: %w", file, err)
	case err != nil || is.Branch == "" || is.Branch == o.remote.Branch:
		return "", nil
	case o.watched:
		return "", usagef("the agent of cluster %s watches %s, and heeds nothing on %s; to push to a branch that is merged later, name it with --branch", cluster, is.Branch, o.remote.Branch)
	}
	return is.Branch, nil
}
