package main

import (
	"crypto/x509"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestServeTLS has the program serve with a certificate that is httptest's own.
func TestServeTLS(t *testing.T) {
	known := httptest.NewUnstartedServer(http.NotFoundHandler())
	known.EnableHTTP2 = true // so that its client speaks it
	known.StartTLS()
	defer known.Close()
	private, err := x509.MarshalPKCS8PrivateKey(known.TLS.Certificates[0].PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	cert, key := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for name, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: known.Certificate().Raw}, key: {Type: "PRIVATE KEY", Bytes: private}} {
		if err := os.WriteFile(name, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	url, log, stop := serve(t, "--tls-cert", cert, "--tls-key", key)
	resp, err := known.Client().Get(url + "/readyz")
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != 200 || resp.ProtoMajor != 2 || resp.Header.Get("Strict-Transport-Security") == "" {
		t.Errorf("%d %s %v", resp.StatusCode, resp.Proto, resp.Header)
	}
	if code := stop(); code != 0 {
		t.Errorf("exit %d\n%s", code, log)
	}
	if code, _, stderr := xiangwen(t, "", "serve", "--http", "127.0.0.1:0", "--tls-cert", cert, "--tls-key", cert); code != 2 || !strings.Contains(stderr, "--tls-key "+cert) {
		t.Errorf("exit %d: %s", code, stderr)
	}
}
