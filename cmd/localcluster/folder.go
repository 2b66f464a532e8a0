package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// The files and folders of a cluster, by their names inside its folder.
const (
	etcdFolder      = "etcd"
	pkiFolder       = "pki"
	adminKubeconfig = "admin.kubeconfig"
	agentKubeconfig = "agent.kubeconfig"
	readyFile       = "ready.json"
	logFile         = "localcluster.log"
	lockFile        = "lock"
	clientSocket    = "etcd.sock"
	peerSocket      = "peer.sock"
)

// folder is where a running cluster has its files. One process at a time owns it.
type folder struct {
	path string
	ours bool // we made the folder, and remove it
	keep bool
	lock *os.File
}

// openFolder takes dir for this process, making it if need be; an empty dir
// means a fresh temporary one. Nobody but the user can look inside.
func openFolder(dir string, keep bool) (*folder, error) {
	f := &folder{keep: keep}
	var err error
	if dir == "" {
		f.ours = true
		f.path, err = os.MkdirTemp("", "localcluster-")
	} else if f.path, err = filepath.Abs(dir); err == nil {
		f.ours, err = makeFolder(f.path)
	}
	if err != nil {
		return nil, err
	}
	if f.lock, err = lock(f.file(lockFile)); err != nil {
		return nil, fmt.Errorf("locking %s: %w", f.path, err)
	}
	return f, nil
}

// makeFolder makes the folder at path and says whether it was absent.
func makeFolder(path string) (made bool, err error) {
	err = os.Mkdir(path, 0o700)
	if errors.Is(err, fs.ErrExist) {
		return false, nil
	}
	return err == nil, err
}

// lock takes the lock file at path, or fails if another process has it.
func lock(path string) (*os.File, error) {
	l, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(l.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		l.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			err = errors.New("another localcluster uses this folder")
		}
		return nil, err
	}
	return l, nil
}

// file is the path of the file or folder called name.
func (f *folder) file(name string) string { return filepath.Join(f.path, name) }

// close gives the folder up. Unless it is to be kept, it removes what
// localcluster put there, and the folder itself if localcluster made it.
func (f *folder) close() error {
	defer f.lock.Close()
	remove := []string{clientSocket, peerSocket, readyFile}
	if !f.keep {
		remove = append(remove, etcdFolder, pkiFolder, adminKubeconfig, agentKubeconfig, logFile, lockFile)
	}
	var errs []error
	for _, name := range remove {
		errs = append(errs, os.RemoveAll(f.file(name)))
	}
	if f.ours && !f.keep {
		errs = append(errs, os.RemoveAll(f.path))
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("clearing the data folder: %w", err)
	}
	return nil
}
