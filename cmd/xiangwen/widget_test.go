package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// TestWidget puts the desk into a page of another site, whose policy allows nothing
// but that one script.
func TestWidget(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a browser")
	}
	tab := newTab(t)
	var desk string
	paper := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Security-Policy", "default-src 'none'; script-src "+desk+"; connect-src "+desk)
		fmt.Fprintf(w, `<!DOCTYPE html><html lang="zh"><title>报纸</title><main><h1>报纸</h1><script src="%s/widget.js" data-language="zh" async></script></main></html>`, desk)
	}))
	defer paper.Close()
	url, _, stop := serve(t, "--allowed-origins", paper.URL)
	defer stop()
	desk = url
	does(t, tab, chromedp.Navigate(paper.URL), chromedp.WaitReady("xiangwen-desk"))
	accessible(t, tab, "widget")
	ask := func(question, wants string) {
		t.Helper()
		does(t, tab, chromedp.Evaluate(fmt.Sprintf(`(() => { const f = document.querySelector("xiangwen-desk").shadowRoot.querySelector("form"); f.querySelector("input").value = %q; f.requestSubmit(); return 0 })()`, question), nil),
			chromedp.Poll(fmt.Sprintf(`document.querySelector("xiangwen-desk").shadowRoot.textContent.includes(%q)`, wants), nil))
	}
	ask("天祥大道隧道全长多少米？", "6379米")
	ask("它的盾构机叫什么名字？", "英雄号")
	var link, globals string
	does(t, tab, chromedp.Evaluate(`document.querySelector("xiangwen-desk").shadowRoot.querySelector("a").href`, &link),
		chromedp.Evaluate(`String(Object.keys(window).filter(k => /xiangwen|words|desk/i.test(k)))`, &globals))
	if !strings.HasPrefix(link, desk+"/articles/") || globals != "" {
		t.Errorf("the source leads to %s, global names %q", link, globals)
	}
}
