package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"

	"xiangwen/bot"
	"xiangwen/bot/api"
	"xiangwen/bot/httpd"
	"xiangwen/bot/mcp"
	"xiangwen/bot/telegram"
	"xiangwen/bot/web"
)

type serveCommand struct {
	settings
	HTTP             string        `name:"http" env:"XIANGWEN_HTTP" default:"127.0.0.1:8080" help:"Address to listen on, or off."`
	PublicURL        string        `name:"public-url" env:"XIANGWEN_PUBLIC_URL" placeholder:"URL" help:"Where readers reach the web pages; Telegram's answers then link to the articles."`
	TelegramURL      string        `name:"telegram-api-url" env:"TELEGRAM_API_URL" placeholder:"URL" help:"Another Bot API server than Telegram's own."`
	PerMinute        int           `env:"XIANGWEN_PER_MINUTE" default:"30" help:"Questions that one reader may ask a minute, a chat three times as many; 0 is any number."`
	Retention        time.Duration `env:"XIANGWEN_RETENTION" default:"2160h" help:"How long questions, answers and feedback are kept; 0 is for ever."`
	AddressPerMinute int           `env:"XIANGWEN_ADDRESS_PER_MINUTE" default:"120" help:"HTTP requests that one address may make a minute, this machine itself any number; 0 is any number for all."`
	AtOnce           int           `env:"XIANGWEN_AT_ONCE" default:"256" help:"HTTP requests that are answered at the same time; what comes beyond waits a little, then it is told to come again."`
	TrustedProxies   []string      `env:"XIANGWEN_TRUSTED_PROXIES" placeholder:"CIDR" help:"Proxies whose X-Forwarded-For is believed, such as 10.0.0.0/8; separated by commas."`
	AllowedOrigins   []string      `env:"XIANGWEN_ALLOWED_ORIGINS" placeholder:"URL" help:"Sites whose pages may ask from a browser (the widget); separated by commas, * is all."`
	TLSCert          string        `name:"tls-cert" env:"XIANGWEN_TLS_CERT" placeholder:"FILE" help:"Certificate chain (PEM); with --tls-key the server speaks TLS."`
	TLSKey           string        `name:"tls-key" env:"XIANGWEN_TLS_KEY" placeholder:"FILE" help:"Its key (PEM)."`
	ACMEHosts        []string      `name:"acme" env:"XIANGWEN_ACME" placeholder:"HOST" help:"Host names to get certificates for by ACME, from Let's Encrypt without --acme-directory; --http must then be reachable as port 443."`
	ACMEDirectory    string        `name:"acme-directory" env:"XIANGWEN_ACME_DIRECTORY" placeholder:"URL" help:"Directory of another ACME server, such as your own."`
	ACMEEmail        string        `name:"acme-email" env:"XIANGWEN_ACME_EMAIL" placeholder:"ADDRESS" help:"Where the ACME server writes to if there is trouble with a certificate."`
	DebugHTTP        string        `name:"debug-http" env:"XIANGWEN_DEBUG_HTTP" placeholder:"ADDRESS" help:"Address of Go's profiler, for nobody but you; off without it."`
	Admins           []int64       `env:"XIANGWEN_ADMINS" placeholder:"ID" help:"Telegram user ids of the editors, who may reload, add and take out articles; separated by commas."`
}

// shutdownTimeout is how long started answers may take to get out.
const shutdownTimeout = 30 * time.Second

// Run serves until ctx is done or a front end fails.
func (c *serveCommand) Run(ctx context.Context, s streams) error {
	secret := readSecrets()
	d, err := c.build(s, secret, bot.Options{PerMinute: c.PerMinute, Retention: c.Retention}, true)
	if err := errors.Join(err, c.check(secret)); err != nil {
		if d != nil {
			d.store.Close()
		}
		return usageError{err}
	}
	defer func() {
		if err := d.store.Close(); err != nil {
			d.log.Error("not everything was kept", "error", err)
		}
	}()
	if traces() {
		stop, err := httpd.Trace(ctx)
		if err != nil {
			return err
		}
		defer func() {
			timed, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
			defer cancel()
			if err := stop(timed); err != nil {
				d.log.Warn("not all traces were sent", "error", err)
			}
		}()
	}
	group, ctx := errgroup.WithContext(ctx)
	var loaded atomic.Bool
	if c.HTTP != "off" {
		// Listening comes first: a second start is told at once, and a probe
		// sees "alive, not ready" while a large library loads.
		listener, err := c.listen(ctx)
		if err != nil {
			return err
		}
		server := httpd.NewServer(c.handler(d, secret, loaded.Load), d.log)
		if err := httpd.Secure(server, c.tls(), d.log); err != nil {
			listener.Close()
			return usageError{err}
		}
		group.Go(func() error {
			d.log.Info("listening", "url", c.scheme()+"://"+listener.Addr().String())
			if err := httpd.Serve(server, listener); !errors.Is(err, http.ErrServerClosed) {
				return fmt.Errorf("serve HTTP: %w", err)
			}
			return nil
		})
		group.Go(func() error { httpd.Obtain(ctx, server, c.tls(), d.log); return nil })
		group.Go(func() error {
			<-ctx.Done()
			return httpd.Shutdown(ctx, server, shutdownTimeout)
		})
	}
	if c.DebugHTTP != "" {
		debug := httpd.NewServer(httpd.Profiler(), d.log)
		debug.Addr, debug.WriteTimeout = c.DebugHTTP, 0 // a profile takes as long as it is asked to
		group.Go(func() error {
			if err := debug.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
				return fmt.Errorf("serve the profiler (--debug-http): %w", err)
			}
			return nil
		})
		group.Go(func() error {
			<-ctx.Done()
			return debug.Close()
		})
	}
	group.Go(func() error { d.checkModels(ctx); return nil })
	group.Go(func() error { d.Run(ctx); return nil })
	group.Go(func() error {
		start := time.Now()
		if err := c.open(ctx, d, s); err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return err
		}
		loaded.Store(true)
		d.log.Info("ready", "articles", d.Library().Len(), "chunks", d.engine.Chunks(), "took", time.Since(start).Round(time.Millisecond))
		d.Examples(1) // made now, not while the first reader waits
		if secret.telegram == "" {
			return nil
		}
		return c.telegram(ctx, d, secret.telegram)
	})
	return group.Wait()
}

// traces reports whether OpenTelemetry's own settings name where traces go.
func traces() bool {
	return os.Getenv("OTEL_EXPORTER_OTLP_ENDPOINT") != "" || os.Getenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") != ""
}

// handler is all that is served over HTTP.
func (c *serveCommand) handler(d *desk, secret secrets, ready func() bool) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/", web.NewHandler(d, web.Config{AdminToken: secret.admin, PublicURL: c.PublicURL, Secure: c.secure(), Ready: ready}, d.log))
	program := api.NewHandler(d, api.Config{AdminToken: secret.admin, Keys: secret.keys, PublicURL: c.PublicURL, Ready: ready}, d.log)
	mux.Handle("/v1/", program)
	mux.Handle("/openapi.json", program)
	mux.Handle("/mcp", mcp.NewHandler(d.Desk, c.PublicURL, version(), ready, d.log))
	mux.Handle("GET /metrics", d.metrics.Handler())
	return httpd.Wrap(mux, httpd.Config{
		PerMinute: c.AddressPerMinute, AtOnce: c.AtOnce, Proxies: c.TrustedProxies, Origins: c.AllowedOrigins,
		Traced: traces(), TLS: c.secure(), Request: d.metrics.Request,
	}, d.log)
}

// secure reports whether readers come over TLS, which a proxy may speak.
func (c *serveCommand) secure() bool {
	return c.scheme() == "https" || strings.HasPrefix(c.PublicURL, "https://")
}

func (c *serveCommand) scheme() string {
	if c.TLSCert != "" || len(c.ACMEHosts) > 0 {
		return "https"
	}
	return "http"
}

func (c *serveCommand) tls() httpd.TLS {
	return httpd.TLS{Cert: c.TLSCert, Key: c.TLSKey, Hosts: c.ACMEHosts, Directory: c.ACMEDirectory, Email: c.ACMEEmail, Cache: c.folder()}
}

func (c *serveCommand) telegram(ctx context.Context, d *desk, token string) error {
	front, err := telegram.New(ctx, telegram.Config{Token: token, APIURL: c.TelegramURL, PublicURL: c.PublicURL, Admins: c.Admins, Journal: d.store}, d.Desk, d.log)
	if err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return err
	}
	return front.Run(ctx)
}

// check finds what is wrong with this command's own settings.
func (c *serveCommand) check(secret secrets) error {
	var errs []error
	if c.HTTP == "off" && secret.telegram == "" {
		errs = append(errs, errors.New("nothing to serve: --http is off and TELEGRAM_BOT_TOKEN is not set"))
	}
	if c.HTTP != "off" {
		if _, _, err := net.SplitHostPort(c.HTTP); err != nil {
			errs = append(errs, fmt.Errorf("--http must be host:port or off, not %q", c.HTTP))
		}
	}
	for _, u := range []struct{ name, value string }{{"--public-url", c.PublicURL}, {"--telegram-api-url", c.TelegramURL}, {"--acme-directory", c.ACMEDirectory}} {
		if u.value == "" {
			continue
		}
		if parsed, err := url.Parse(u.value); err != nil || parsed.Scheme != "http" && parsed.Scheme != "https" || parsed.Host == "" {
			errs = append(errs, fmt.Errorf("%s must look like https://host, not %q", u.name, u.value))
		}
	}
	for _, proxy := range c.TrustedProxies {
		if _, err := netip.ParsePrefix(proxy); err != nil {
			errs = append(errs, fmt.Errorf("--trusted-proxies must be like 10.0.0.0/8, not %q", proxy))
		}
	}
	if (c.TLSCert == "") != (c.TLSKey == "") || c.TLSCert != "" && len(c.ACMEHosts) > 0 {
		errs = append(errs, errors.New("for TLS give --tls-cert and --tls-key, or --acme alone"))
	}
	if len(c.ACMEHosts) > 0 && c.folder() == "" {
		errs = append(errs, errors.New("--acme needs a folder that keeps the certificates: set XIANGWEN_DATA"))
	}
	if len(c.ACMEHosts) == 0 && (c.ACMEDirectory != "" || c.ACMEEmail != "") {
		errs = append(errs, errors.New("--acme-directory and --acme-email say nothing without --acme"))
	}
	return errors.Join(errs...)
}

func (c *serveCommand) listen(ctx context.Context) (net.Listener, error) {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", c.HTTP)
	if err == nil {
		return listener, nil
	}
	var system *os.SyscallError
	if errors.As(err, &system) && errors.Is(system.Err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("%s is in use already, perhaps by another xiangwen; choose another address with --http", c.HTTP)
	}
	return nil, fmt.Errorf("listen on %s: %w", c.HTTP, err)
}
