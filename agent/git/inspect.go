package git

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"

	"github.com/go-git/go-git/v5/plumbing/format/packfile"
)

// minPacked is the least that one object takes in a pack: a header and an empty zlib stream.
const minPacked = 9

// inspect counts a pack's objects. It refuses one that promises more than it can
// hold, or an object too large to take into memory.
func (s *store) inspect(file *os.File, size int64) (int, error) {
	var header [12]byte
	if _, err := file.ReadAt(header[:], 0); err != nil {
		return 0, fmt.Errorf("the pack is cut short: %w", err)
	}
	if count := int64(binary.BigEndian.Uint32(header[8:])); count*minPacked > size {
		return 0, fmt.Errorf("the pack promises %d objects in %d bytes", count, size)
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return 0, err
	}
	scanner := packfile.NewScanner(file)
	_, count, err := scanner.Header()
	if err != nil {
		return 0, err
	}
	for range count {
		object, err := scanner.NextObjectHeader()
		if err != nil {
			return 0, err
		}
		length := object.Length
		if object.Type.IsDelta() && length <= s.limits.ObjectBytes {
			if length, err = made(scanner, length); err != nil {
				return 0, err
			}
		}
		if length > s.limits.ObjectBytes {
			return 0, fmt.Errorf("the commit holds an object of %d MiB, the limit is %d MiB", length>>20, s.limits.ObjectBytes>>20)
		}
	}
	return int(count), nil
}

// made is how long the object is that the scanner's difference makes: what go-git takes
// into memory of it. It says so in its first bytes, behind the length of what it is to.
func made(scanner *packfile.Scanner, length int64) (int64, error) {
	head := prefix{most: 2 * binary.MaxVarintLen64}
	switch n, _, err := scanner.NextObject(&head); {
	case err != nil:
		return 0, err
	case n != length:
		return 0, fmt.Errorf("an object of the pack has %d bytes where it says %d", n, length)
	}
	_, from := binary.Uvarint(head.kept)
	if from <= 0 {
		return 0, errors.New("a difference in the pack does not say what it is to")
	}
	size, to := binary.Uvarint(head.kept[from:])
	if to <= 0 || size > math.MaxInt64 {
		return 0, errors.New("a difference in the pack does not say how much it makes")
	}
	return int64(size), nil
}

// prefix keeps the beginning of what is written to it.
type prefix struct {
	kept []byte
	most int
}

func (p *prefix) Write(data []byte) (int, error) {
	p.kept = append(p.kept, data[:min(len(data), p.most-len(p.kept))]...)
	return len(data), nil
}
