package main

import (
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/clientcmd/api"
)

// adminConfig is how a client of the group system:masters reaches the API
// server at the URL server. It is not held to a rate.
func adminConfig(p pki, server string) (*rest.Config, error) {
	config := &rest.Config{
		Host:      server,
		UserAgent: "localcluster",
		QPS:       -1,
		TLSClientConfig: rest.TLSClientConfig{
			CAFile:   p.ca,
			CertFile: p.adminCert,
			KeyFile:  p.adminKey,
		},
	}
	return config, rest.LoadTLSFiles(config)
}

// writeKubeconfig writes config to path as a kubeconfig that needs no other
// file, with namespace as its default, readable by the user alone.
func writeKubeconfig(path string, config *rest.Config, namespace string) error {
	const name = "localcluster"
	kubeconfig := api.NewConfig()
	kubeconfig.Clusters[name] = &api.Cluster{
		Server:                   config.Host,
		CertificateAuthorityData: config.CAData,
	}
	kubeconfig.AuthInfos[name] = &api.AuthInfo{
		ClientCertificateData: config.CertData,
		ClientKeyData:         config.KeyData,
		Token:                 config.BearerToken,
	}
	kubeconfig.Contexts[name] = &api.Context{Cluster: name, AuthInfo: name, Namespace: namespace}
	kubeconfig.CurrentContext = name
	return clientcmd.WriteToFile(*kubeconfig, path)
}
