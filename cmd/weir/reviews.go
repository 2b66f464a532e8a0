package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/weir-delivery/weir/cmd/weir/report"
	"github.com/weir-delivery/weir/policy"
)

// newFolder makes the folder that reviews are to be written to. One that holds
// anything is refused: whoever judges what is in it would judge another change too.
func newFolder(dir string) error {
	switch held, err := os.ReadDir(dir); {
	case errors.Is(err, fs.ErrNotExist):
		if err := os.MkdirAll(dir, 0o750); err != nil {
			return fmt.Errorf("making the folder for reviews: %w", err)
		}
	case err != nil:
		return fmt.Errorf("reading the folder for reviews: %w", err)
	case len(held) > 0:
		return usagef("--reviews %s is a folder that is not empty: name a new one", dir)
	}
	return nil
}

// writeReviews writes what the policies were asked, a file for each move, named and
// numbered so that the files of a rollout stand together and in order.
func writeReviews(dir string, reviews []policy.Question) error {
	numbers := map[string]int{}
	for _, q := range reviews {
		of := fmt.Sprintf("%s-%s-%s", q.Environment, q.Rollout.Namespace, q.Rollout.Name)
		numbers[of]++
		var content bytes.Buffer
		if err := report.JSON(&content, q); err != nil {
			return fmt.Errorf("writing a review: %w", err)
		}
		file := filepath.Join(dir, fmt.Sprintf("%s-%03d-%s.json", of, numbers[of], q.Operation))
		if err := os.WriteFile(file, content.Bytes(), 0o600); err != nil {
			return fmt.Errorf("writing a review: %w", err)
		}
	}
	return nil
}
