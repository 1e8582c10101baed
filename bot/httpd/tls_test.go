package httpd

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// issue writes a certificate for desk.example and its key into the folder.
func issue(t *testing.T, dir string, serial int64) TLS {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: "desk.example"}, DNSNames: []string{"desk.example"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	files := TLS{Cert: filepath.Join(dir, "cert.pem"), Key: filepath.Join(dir, "key.pem")}
	write(t, files.Cert, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	write(t, files.Key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}))
	return files
}

func write(t *testing.T, name string, data []byte) {
	t.Helper()
	if err := os.WriteFile(name, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestTLS has real clients speak to a server with a certificate in files.
func TestTLS(t *testing.T) {
	files := issue(t, t.TempDir(), 1)
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.Proto) })
	log := slog.New(slog.DiscardHandler)
	server := NewServer(Wrap(h, Config{TLS: true}, log), log)
	if err := Secure(server, files, log); err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go Serve(server, listener)
	defer server.Close()
	data, err := os.ReadFile(files.Cert)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(data)
	for _, c := range []struct {
		most  uint16
		http2 bool
		want  string // the protocol, "" if it must be refused
	}{
		{tls.VersionTLS13, true, "HTTP/2.0"}, {tls.VersionTLS13, false, "HTTP/1.1"}, {tls.VersionTLS12, true, "HTTP/2.0"}, {tls.VersionTLS11, false, ""},
	} {
		transport := &http.Transport{ForceAttemptHTTP2: c.http2, TLSClientConfig: &tls.Config{
			RootCAs: roots, ServerName: "desk.example", MinVersion: tls.VersionTLS10, MaxVersion: c.most,
		}}
		resp, err := (&http.Client{Transport: transport}).Get("https://" + listener.Addr().String())
		if c.want == "" {
			if err == nil {
				t.Errorf("%s was accepted", tls.VersionName(c.most))
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		transport.CloseIdleConnections()
		if string(body) != c.want || resp.TLS.Version != c.most || resp.Header.Get("Strict-Transport-Security") == "" {
			t.Errorf("%s, HTTP/2 %v: %s over %s, %v", tls.VersionName(c.most), c.http2, body, tls.VersionName(resp.TLS.Version), resp.Header)
		}
	}
}

// TestRenewal replaces the files under a server as certbot does, well and badly.
func TestRenewal(t *testing.T) {
	dir := t.TempDir()
	files := issue(t, dir, 1)
	var b bytes.Buffer
	p := &pair{cert: files.Cert, key: files.Key, log: slog.New(slog.NewTextHandler(&b, nil))}
	if err := p.read(); err != nil {
		t.Fatal(err)
	}
	serves := func(when string, serial int64) {
		t.Helper()
		for range 2 {
			if c, err := p.certificate(nil); err != nil || c.Leaf.SerialNumber.Int64() != serial {
				t.Errorf("%s: %v, want certificate %d", when, err, serial)
			}
		}
	}
	serves("at the start", 1)
	if b.Len() > 0 {
		t.Error(b.String())
	}
	issue(t, dir, 2)
	serves("renewed", 2)
	good, err := os.ReadFile(files.Cert)
	if err != nil {
		t.Fatal(err)
	}
	write(t, files.Cert, good[:len(good)/2])
	serves("half a file", 2)
	if err := os.Remove(files.Cert); err != nil {
		t.Fatal(err)
	}
	serves("no file", 2)
	other, err := os.ReadFile(issue(t, t.TempDir(), 3).Cert)
	if err != nil {
		t.Fatal(err)
	}
	write(t, files.Cert, other)
	serves("a certificate without its key", 2)
	issue(t, dir, 4)
	serves("mended", 4)
	if log := b.String(); strings.Count(log, "is renewed") != 2 || strings.Count(log, "the old one stays") != 3 || !strings.Contains(log, "--tls-cert "+files.Cert) {
		t.Error(log)
	}
	p.every = time.Hour
	issue(t, dir, 5)
	serves("looked at a moment ago", 4)
}

func TestTLSFilesAreWrong(t *testing.T) {
	good, other, dir := issue(t, t.TempDir(), 1), issue(t, t.TempDir(), 2), t.TempDir()
	blank := filepath.Join(dir, "blank.pem")
	write(t, blank, nil)
	for _, c := range []struct {
		files TLS
		has   []string
	}{
		{TLS{Cert: filepath.Join(dir, "none.pem"), Key: good.Key}, []string{"--tls-cert:", "none.pem"}},
		{TLS{Cert: good.Cert, Key: filepath.Join(dir, "none.pem")}, []string{"--tls-key:", "none.pem"}},
		{TLS{Cert: good.Cert, Key: other.Key}, []string{"--tls-cert " + good.Cert, "--tls-key " + other.Key, "does not match"}},
		{TLS{Cert: blank, Key: good.Key}, []string{blank, "certificate"}},
	} {
		err := Secure(&http.Server{}, c.files, slog.New(slog.DiscardHandler))
		for _, has := range c.has {
			if err == nil || !strings.Contains(err.Error(), has) {
				t.Errorf("%+v: %v, want %q", c.files, err, has)
			}
		}
	}
}

// TestNoCertificateByACME holds that the log says why, and once, and nothing of hosts
// that are not ours.
func TestNoCertificateByACME(t *testing.T) {
	var b bytes.Buffer
	log := slog.New(slog.NewTextHandler(&b, nil))
	nobody, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody.Close()
	server := &http.Server{}
	config := TLS{Hosts: []string{"desk.example"}, Directory: "https://" + nobody.Addr().String(), Cache: t.TempDir()}
	if err := Secure(server, config, log); err != nil {
		t.Fatal(err)
	}
	Obtain(t.Context(), server, config, log)
	Obtain(t.Context(), server, config, log)
	if _, err := server.TLSConfig.GetCertificate(&tls.ClientHelloInfo{ServerName: "other.example"}); err == nil {
		t.Error("another host has a certificate")
	}
	if log := b.String(); strings.Count(log, "level=WARN") != 1 || !strings.Contains(log, "host=desk.example") || !strings.Contains(log, "refused") {
		t.Error(log)
	}
}
