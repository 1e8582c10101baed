package httpd

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"os"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/crypto/acme"
	"golang.org/x/crypto/acme/autocert"
)

// TLS says how a server proves who it is; the zero value has it speak plain HTTP.
type TLS struct {
	Cert, Key string   // files in PEM
	Hosts     []string // to get certificates for by ACME, over the port that is served
	Directory string   // URL of the ACME server's directory, "" is Let's Encrypt's
	Email     string   // where that server writes to, may be empty
	Cache     string   // folder for those certificates
}

// Secure has a server speak TLS. Files that are renewed are taken over while it runs.
func Secure(s *http.Server, t TLS, log *slog.Logger) error {
	switch {
	case t.Cert != "":
		p := &pair{cert: t.Cert, key: t.Key, every: lookEvery, log: log}
		if err := p.read(); err != nil {
			return err
		}
		s.TLSConfig = &tls.Config{GetCertificate: p.certificate}
	case len(t.Hosts) > 0:
		m := &autocert.Manager{
			Prompt: autocert.AcceptTOS, HostPolicy: autocert.HostWhitelist(t.Hosts...), Email: t.Email,
			Cache: autocert.DirCache(filepath.Join(t.Cache, "certificates")), Client: &acme.Client{DirectoryURL: t.Directory},
		}
		if t.Directory == "" {
			m.Client.DirectoryURL = autocert.DefaultACMEDirectory
		}
		s.TLSConfig = m.TLSConfig()
		s.TLSConfig.GetCertificate = told(m, log)
	default:
		return nil
	}
	s.TLSConfig.MinVersion = tls.VersionTLS12
	return nil
}

// lookEvery is how often the certificate's files are looked at, at most.
const lookEvery = 10 * time.Second

// pair is a certificate in two files that may be replaced at any time.
type pair struct {
	cert, key string
	every     time.Duration
	log       *slog.Logger

	mu                  sync.Mutex
	looked              time.Time
	certBytes, keyBytes []byte // as last read
	current             *tls.Certificate
}

// certificate is tls.Config's GetCertificate. A new pair that is of no use (the one
// file may be there before the other) leaves the old one in use.
func (p *pair) certificate(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if time.Since(p.looked) >= p.every {
		if err := p.read(); err != nil {
			p.log.Warn("the new certificate is of no use, the old one stays", "error", err, "until", p.current.Leaf.NotAfter)
		}
	}
	return p.current, nil
}

// read takes the pair over if the files hold another one. Their bytes are compared,
// not their times, which a copy may keep. The same damage is reported once.
func (p *pair) read() error {
	p.looked = time.Now()
	cert, certErr := os.ReadFile(p.cert)
	key, keyErr := os.ReadFile(p.key)
	if p.current != nil && bytes.Equal(cert, p.certBytes) && bytes.Equal(key, p.keyBytes) {
		return nil
	}
	p.certBytes, p.keyBytes = cert, key
	switch {
	case certErr != nil:
		return fmt.Errorf("--tls-cert: %w", certErr)
	case keyErr != nil:
		return fmt.Errorf("--tls-key: %w", keyErr)
	}
	loaded, err := tls.X509KeyPair(cert, key)
	if err != nil {
		return fmt.Errorf("--tls-cert %s with --tls-key %s: %w", p.cert, p.key, err)
	}
	if p.current != nil {
		p.log.Info("the certificate is renewed", "file", p.cert, "until", loaded.Leaf.NotAfter)
	}
	p.current = &loaded
	return nil
}

// told says in the log why a host has no certificate. Names that are not ours say
// nothing: any scanner sends them. autocert tries again after a minute, and until
// then each handshake fails in the same way.
func told(m *autocert.Manager, log *slog.Logger) func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	var mu sync.Mutex
	last := make(map[string]time.Time)
	return func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
		c, err := m.GetCertificate(hello)
		if err != nil && m.HostPolicy(hello.Context(), hello.ServerName) == nil {
			mu.Lock()
			defer mu.Unlock()
			if time.Since(last[hello.ServerName]) > time.Minute {
				last[hello.ServerName] = time.Now()
				log.Warn("no certificate (--acme)", "host", hello.ServerName, "error", err)
			}
		}
		return c, err
	}
}

// Obtain gets the certificates of all hosts, while the server serves: an ACME server may
// take longer than a reader's handshake lasts, which ends with ReadHeaderTimeout. What
// fails is logged, and tried again when a reader comes.
func Obtain(ctx context.Context, s *http.Server, t TLS, log *slog.Logger) {
	for _, host := range t.Hosts {
		done := make(chan struct{})
		go func() {
			defer close(done)
			// As a browser of today, so that it is the certificate which browsers get.
			c, err := s.TLSConfig.GetCertificate(&tls.ClientHelloInfo{ServerName: host, CipherSuites: []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256}})
			if err == nil {
				log.Info("certificate", "host", host, "until", c.Leaf.NotAfter)
			}
		}()
		select {
		case <-done:
		case <-ctx.Done(): // autocert can't be told to stop, it gives up by itself
			return
		}
	}
}

// Serve serves until the server is shut down, over TLS if it is secured.
func Serve(s *http.Server, l net.Listener) error {
	if s.TLSConfig != nil {
		return s.ServeTLS(l, "", "")
	}
	return s.Serve(l)
}

// Profiler is Go's, to be served where only admins are.
func Profiler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	return mux
}
