package main

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

// lifetime is how long the certificates and the agent's token last.
const lifetime = 10 * 365 * 24 * time.Hour

// pki is the cluster's certificates and keys: paths of PEM files.
type pki struct {
	ca         string // signs the other two
	serverCert string
	serverKey  string
	adminCert  string // of the group system:masters
	adminKey   string
	accountKey string // signs the service accounts' tokens
}

// openPKI returns the certificates and keys in f, issuing them first if f has none.
func openPKI(f *folder) (pki, error) {
	dir := f.file(pkiFolder)
	p := pki{
		ca:         filepath.Join(dir, "ca.crt"),
		serverCert: filepath.Join(dir, "server.crt"),
		serverKey:  filepath.Join(dir, "server.key"),
		adminCert:  filepath.Join(dir, "admin.crt"),
		adminKey:   filepath.Join(dir, "admin.key"),
		accountKey: filepath.Join(dir, "account.key"),
	}
	// The last file to be written tells that all are there.
	if _, err := os.Stat(p.accountKey); !errors.Is(err, fs.ErrNotExist) {
		return p, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return pki{}, err
	}
	return p, p.issue()
}

// issue makes all certificates and keys. The CA's own key is not kept.
func (p pki) issue() error {
	ca, err := newAuthority()
	if err != nil {
		return fmt.Errorf("issuing the CA: %w", err)
	}
	if err := writePEM(p.ca, "CERTIFICATE", ca.cert.Raw); err != nil {
		return err
	}
	server := &x509.Certificate{
		Subject:     pkix.Name{CommonName: "kube-apiserver"},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		DNSNames:    []string{"localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local"},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	if err := ca.issue(server, p.serverCert, p.serverKey); err != nil {
		return fmt.Errorf("issuing the API server's certificate: %w", err)
	}
	admin := &x509.Certificate{
		Subject:     pkix.Name{CommonName: "localcluster-admin", Organization: []string{"system:masters"}},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	if err := ca.issue(admin, p.adminCert, p.adminKey); err != nil {
		return fmt.Errorf("issuing the administrator's certificate: %w", err)
	}
	if _, err := newKey(p.accountKey); err != nil {
		return fmt.Errorf("making the key for tokens: %w", err)
	}
	return nil
}

// authority signs certificates.
type authority struct {
	cert *x509.Certificate
	key  crypto.Signer
}

// newAuthority makes an authority whose key is in memory only.
func newAuthority() (authority, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return authority{}, err
	}
	template := &x509.Certificate{
		Subject:               pkix.Name{CommonName: "localcluster"},
		KeyUsage:              x509.KeyUsageCertSign,
		BasicConstraintsValid: true,
		IsCA:                  true,
	}
	der, err := sign(template, template, key.Public(), key)
	if err != nil {
		return authority{}, err
	}
	cert, err := x509.ParseCertificate(der)
	return authority{cert: cert, key: key}, err
}

// issue makes a key, writes it, and writes the certificate for it after template.
func (a authority) issue(template *x509.Certificate, certPath, keyPath string) error {
	key, err := newKey(keyPath)
	if err != nil {
		return err
	}
	template.KeyUsage = x509.KeyUsageDigitalSignature
	der, err := sign(template, a.cert, key.Public(), a.key)
	if err != nil {
		return err
	}
	return writePEM(certPath, "CERTIFICATE", der)
}

// sign completes template with a serial number and a validity and signs it.
func sign(template, parent *x509.Certificate, public crypto.PublicKey, key crypto.Signer) ([]byte, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return nil, err
	}
	template.SerialNumber = serial
	template.NotBefore = time.Now().Add(-time.Hour)
	template.NotAfter = time.Now().Add(lifetime)
	return x509.CreateCertificate(rand.Reader, template, parent, public, key)
}

// newKey makes a key and writes it to path.
func newKey(path string) (*ecdsa.PrivateKey, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	der, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		return nil, err
	}
	return key, writePEM(path, "EC PRIVATE KEY", der)
}

// writePEM writes one PEM block to path, readable by the user alone.
func writePEM(path, kind string, der []byte) error {
	return os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600)
}
