package main

import (
	"encoding/json"
	"fmt"
	"os"

	"k8s.io/client-go/discovery"
)

// ready tells how to use a cluster that works. It is printed, or written to a
// file for the command to run, as JSON.
type ready struct {
	Kubeconfig      string `json:"kubeconfig"`      // path; may do everything
	AgentKubeconfig string `json:"agentKubeconfig"` // path; the service account that --agent names
	Server          string `json:"server"`          // https://127.0.0.1:PORT
	Prometheus      string `json:"prometheus"`      // http://127.0.0.1:PORT
	Version         string `json:"version"`         // of the API server, as v1.37.2
	Binary          string `json:"binary"`          // path of this program
	PID             int    `json:"pid"`             // of this process
}

// newReady describes the cluster in f, whose API server and Prometheus are at
// the URLs, and writes the description to its file.
func newReady(f *folder, server, prometheus string, client discovery.ServerVersionInterface) (ready, error) {
	version, err := client.ServerVersion()
	if err != nil {
		return ready{}, fmt.Errorf("asking for the version: %w", err)
	}
	binary, err := os.Executable()
	if err != nil {
		return ready{}, fmt.Errorf("finding the program's path: %w", err)
	}
	r := ready{
		Kubeconfig:      f.file(adminKubeconfig),
		AgentKubeconfig: f.file(agentKubeconfig),
		Server:          server,
		Prometheus:      prometheus,
		Version:         version.GitVersion,
		Binary:          binary,
		PID:             os.Getpid(),
	}
	data, err := json.Marshal(r)
	if err != nil {
		return ready{}, fmt.Errorf("encoding: %w", err)
	}
	return r, os.WriteFile(f.file(readyFile), append(data, '\n'), 0o600)
}
