package main

import (
	"context"
	"encoding/json"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"xiangwen/bot"
)

// newTab opens a tab of a Chromium of its own. Where there is none the test is
// skipped, but not in CI, which sets XIANGWEN_REQUIRE_BROWSER.
func newTab(t *testing.T) context.Context {
	t.Helper()
	found := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			found = path
			break
		}
	}
	if found == "" {
		if os.Getenv("XIANGWEN_REQUIRE_BROWSER") != "" {
			t.Fatal("there is no Chromium")
		}
		t.Skip("needs Chromium (Debian: apt install chromium fonts-noto-cjk)")
	}
	folder, err := os.MkdirTemp("", "xiangwen-browser-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(folder) }) // it may still be written to
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(found), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.UserDataDir(folder),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true))
	allocator, cancel := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(cancel)
	tab, cancel := chromedp.NewContext(allocator)
	t.Cleanup(cancel)
	timed, cancel := context.WithTimeout(tab, 90*time.Second)
	t.Cleanup(cancel)
	if err := chromedp.Run(timed, chromedp.EmulateViewport(1100, 900)); err != nil {
		t.Fatal(err)
	}
	return timed
}

// does fails the test if an action does.
func does(t *testing.T, tab context.Context, actions ...chromedp.Action) {
	t.Helper()
	if err := chromedp.Run(tab, actions...); err != nil {
		var html string
		_ = chromedp.Run(tab, chromedp.OuterHTML("html", &html, chromedp.ByQuery))
		t.Fatalf("%v in\n%s", err, html)
	}
}

// picture keeps a screenshot in the folder XIANGWEN_PICTURES, if it is set.
func picture(t *testing.T, tab context.Context, name string) {
	t.Helper()
	dir := os.Getenv("XIANGWEN_PICTURES")
	if dir == "" {
		return
	}
	var png []byte
	does(t, tab, chromedp.CaptureScreenshot(&png))
	if err := os.WriteFile(filepath.Join(dir, name+".png"), png, 0o666); err != nil {
		t.Fatal(err)
	}
}

// accessible has axe-core look at the page: XIANGWEN_AXE names its file.
func accessible(t *testing.T, tab context.Context, name string) {
	t.Helper()
	file := os.Getenv("XIANGWEN_AXE")
	if file == "" {
		return
	}
	axe, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var found string
	does(t, tab, chromedp.Evaluate(string(axe)+";0", nil), chromedp.Evaluate(
		`axe.run({resultTypes: ["violations"]}).then(r => JSON.stringify(r.violations.filter(v => v.impact === "serious" || v.impact === "critical").map(v => [v.id, v.help, v.nodes.map(n => n.html)])))`,
		&found, func(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }))
	var violations []any
	if err := json.Unmarshal([]byte(found), &violations); err != nil || len(violations) > 0 {
		t.Errorf("%s: %s %v", name, found, err)
	}
}

// TestInABrowser is the web desk as a reader and an editor use it.
func TestInABrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a browser")
	}
	tab := newTab(t)
	t.Setenv("XIANGWEN_ADMIN_TOKEN", "hush")
	knowledge := t.TempDir()
	article := "---\nid: bridge\ntitle: 新桥通车\nsource: 测试报\ndate: 2024-05-06\n---\n\n" + strings.Repeat("东河两岸的人等这一天等了很久。\n\n", 40) +
		"新桥全长900米，连接东河镇和西山村。\n\n## 谁来修\n\n新桥由省路桥公司承建，工期两年。\n"
	if err := os.WriteFile(filepath.Join(knowledge, "bridge.md"), []byte(article), 0o666); err != nil {
		t.Fatal(err)
	}
	base, _, stop := serve(t, "--knowledge", knowledge)
	defer stop()

	// Ask, and see the answer with its source.
	does(t, tab, chromedp.Navigate(base+"/?lang=zh"), chromedp.WaitVisible("#q"))
	accessible(t, tab, "home")
	picture(t, tab, "home")
	var took float64
	does(t, tab, chromedp.SendKeys("#q", "新桥全长多少米？"), chromedp.Evaluate(`window.began = performance.now(); document.querySelector("form[data-ask]").requestSubmit(); 0`, nil),
		chromedp.WaitVisible(".sources blockquote"), chromedp.Evaluate(`performance.now() - window.began`, &took))
	t.Logf("the answer stood on the page %.0f ms after Enter", took)
	var said string
	does(t, tab, chromedp.Text(".said", &said))
	if !strings.Contains(said, "900米") {
		t.Errorf("%q", said)
	}
	accessible(t, tab, "answer")
	picture(t, tab, "answer")

	// Follow up, and judge.
	does(t, tab, chromedp.SetValue("#q", "它由谁承建？"), chromedp.Evaluate(`document.querySelector("form[data-ask]").requestSubmit(); 0`, nil), chromedp.WaitVisible(`//p[contains(., "我理解的问题：新桥由谁承建？")]`))
	does(t, tab, chromedp.Click(`#answers section:first-child button[value="down"]`, chromedp.ByQuery), chromedp.WaitVisible(`button[value="outdated"]`),
		chromedp.Click(`button[value="outdated"]`), chromedp.WaitVisible(`p.judge`))

	// A mark leads to its source, the source to the highlighted sentence.
	var marked, within string
	does(t, tab, chromedp.Click(`#answers section:last-child .mark`, chromedp.ByQuery), chromedp.Click(`#answers section:last-child .sources a`, chromedp.ByQuery), chromedp.WaitVisible("#quote"),
		chromedp.Sleep(300*time.Millisecond), // scrolling
		chromedp.Text("#quote", &marked),
		chromedp.Evaluate(`(() => { const r = document.getElementById("quote").getBoundingClientRect(); return String(r.top >= 0 && r.bottom <= innerHeight) })()`, &within))
	if marked != "新桥全长900米，连接东河镇和西山村。" || within != "true" {
		t.Errorf("%q is highlighted, in view: %s", marked, within)
	}
	accessible(t, tab, "article")
	picture(t, tab, "article")
	// So does its text alone, as in a link that knows no from and to.
	var scrolled float64
	does(t, tab, chromedp.Navigate(base+"/articles/bridge?lang=zh#"+bot.TextDirective(marked)), chromedp.WaitVisible("article", chromedp.ByQuery), chromedp.Sleep(300*time.Millisecond),
		chromedp.Evaluate(`scrollY`, &scrolled),
		chromedp.Evaluate(`(() => { const r = [...document.querySelectorAll("article p")].find(p => p.textContent.includes("900")).getBoundingClientRect(); return String(r.top >= 0 && r.bottom <= innerHeight) })()`, &within))
	if scrolled == 0 || within != "true" {
		t.Errorf("by its text: scrolled by %.0f, in view: %s", scrolled, within)
	}

	// On a phone, in the dark.
	does(t, tab, chromedp.EmulateViewport(320, 640), emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: "dark"}}),
		chromedp.Navigate(base+"/?lang=en&q="+url.QueryEscape("新桥全长多少米？")), chromedp.WaitVisible(".sources blockquote"))
	var wide bool
	var background string
	does(t, tab, chromedp.Evaluate(`document.documentElement.scrollWidth > innerWidth`, &wide), chromedp.Evaluate(`getComputedStyle(document.body).backgroundColor`, &background))
	if wide || background == "rgb(253, 253, 251)" {
		t.Errorf("wider than the screen: %t, background %s", wide, background)
	}
	accessible(t, tab, "phone, dark")
	picture(t, tab, "phone")
	does(t, tab, emulation.SetEmulatedMedia().WithFeatures(nil), chromedp.EmulateViewport(1100, 900))

	// The list of articles, and the editors' desk: sign in, reload, upload.
	does(t, tab, chromedp.Navigate(base+"/articles?lang=zh"), chromedp.WaitVisible("ul.articles"))
	accessible(t, tab, "articles")
	does(t, tab, chromedp.Navigate(base+"/admin?lang=zh"), chromedp.SendKeys("#token", "hush"), chromedp.Submit("#token"), chromedp.WaitVisible(".chart"))
	accessible(t, tab, "admin")
	does(t, tab, chromedp.Click(`form[data-reload] button`), chromedp.WaitVisible(`//p[@id="reload"][contains(., "没有变化")]`))
	upload := filepath.Join(t.TempDir(), "school.txt")
	if err := os.WriteFile(upload, []byte("丁村办学\n\n丁村的小学办起来了，有三个班，一百二十名学生，老师来自县里。村里还给学生们修了操场。\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	does(t, tab, chromedp.SetUploadFiles("#file", []string{upload}), chromedp.Submit("#file"), chromedp.WaitVisible(".split details"))
	accessible(t, tab, "upload")
	picture(t, tab, "admin")
	does(t, tab, chromedp.Click(`form[action^="/admin/add"] button`), chromedp.WaitVisible(`//p[@id="reload"][contains(., "现有 2 篇")]`))

	// Without JavaScript everything works as forms do.
	does(t, tab, emulation.SetScriptExecutionDisabled(true))
	var html string
	does(t, tab, chromedp.Navigate(base+"/?lang=zh&q="+url.QueryEscape("丁村的小学有多少名学生？")), chromedp.Evaluate(`document.body.innerText`, &html))
	if !strings.Contains(html, "一百二十名学生") {
		t.Errorf("without JavaScript: %s", html)
	}
	does(t, tab, emulation.SetScriptExecutionDisabled(false))
}
