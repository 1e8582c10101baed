package httpd

import (
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/http/pprof"
	"path/filepath"

	"golang.org/x/crypto/acme/autocert"
)

// TLS says how a server proves who it is; the zero value has it speak plain HTTP.
type TLS struct {
	Cert, Key string   // files in PEM
	Hosts     []string // to get certificates for by ACME (Let's Encrypt), over the port that is served
	Cache     string   // folder for those certificates
}

// Secure has a server speak TLS. The files are read once, here.
func Secure(s *http.Server, t TLS) error {
	switch {
	case t.Cert != "":
		pair, err := tls.LoadX509KeyPair(t.Cert, t.Key)
		if err != nil {
			return fmt.Errorf("read the certificate: %w", err)
		}
		s.TLSConfig = &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}
	case len(t.Hosts) > 0:
		m := &autocert.Manager{Prompt: autocert.AcceptTOS, HostPolicy: autocert.HostWhitelist(t.Hosts...), Cache: autocert.DirCache(filepath.Join(t.Cache, "certificates"))}
		s.TLSConfig = m.TLSConfig()
		s.TLSConfig.MinVersion = tls.VersionTLS12
	}
	return nil
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
