package bot

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"xiangwen/bot/state"
	"xiangwen/knowledge"
	"xiangwen/rag"
)

// engine is a stand-in that answers every question with its own text.
type engine struct {
	library *knowledge.Library
	status  rag.Status
	asked   []rag.Question
	err     error
}

func (e *engine) Ask(_ context.Context, q rag.Question) rag.Answer {
	e.asked = append(e.asked, q)
	return rag.Answer{Status: e.status, Text: "答：" + q.Text}
}
func (e *engine) Library() *knowledge.Library { return e.library }
func (e *engine) Chunks() int                 { return 7 }
func (e *engine) Examples(n int) []string     { return []string{"甲？", "乙？", "丙？"}[:min(n, 3)] }
func (e *engine) Section(id, heading string) (rag.Answer, bool) {
	return rag.Answer{Status: rag.Answered, Text: heading + "[1]", Citations: []rag.Citation{{Number: 1, ArticleID: id}}}, true
}
func (e *engine) After(c rag.Citation) (rag.Answer, bool) {
	return rag.Answer{Status: rag.Answered, Text: "接着[1]", Citations: []rag.Citation{{Number: 1, ArticleID: c.ArticleID, Start: c.End, End: c.End + 5}}}, true
}
func (e *engine) Related(_ context.Context, id string, _ int) (out []rag.Suggestion) {
	for _, a := range e.library.Articles() {
		if a.ID != id {
			out = append(out, rag.Suggestion{ArticleID: a.ID, Title: a.Title})
		}
	}
	return out
}
func (e *engine) Search(context.Context, string, int) ([]rag.Passage, error) { return nil, nil }
func (e *engine) Update(_ context.Context, l *knowledge.Library) (knowledge.Diff, error) {
	if e.err != nil {
		return knowledge.Diff{}, e.err
	}
	d := knowledge.Compare(e.library, l)
	e.library = l
	return d, nil
}

func library(texts ...string) *knowledge.Library {
	var articles []*knowledge.Article
	for _, text := range texts {
		articles = append(articles, knowledge.NewArticleFromText(knowledge.Article{ID: text, Title: text, Source: "测试报", Date: "2024-05-06"}, text))
	}
	return knowledge.NewLibrary(articles, []knowledge.Skip{{File: "坏.md", Reason: "坏了"}})
}

func newDesk(t *testing.T, e *engine, load Loader) *Desk {
	t.Helper()
	words, err := LoadWords("")
	if err != nil {
		t.Fatal(err)
	}
	return NewDesk(e, load, words, newStore(t), Options{History: time.Hour}, slog.New(slog.DiscardHandler))
}

func newStore(t *testing.T) *state.Store {
	t.Helper()
	s, err := state.Open(t.TempDir(), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func TestWhatIsNoQuestion(t *testing.T) {
	e := &engine{library: library("一篇"), status: rag.Answered}
	d := newDesk(t, e, nil)
	for _, c := range []struct {
		text, language string
		status         rag.Status
		has            string
	}{
		{"", "zh", rag.Redirected, "请发一个问题"},
		{"  \n", "en", rag.Redirected, "Send me a question"},
		{strings.Repeat("很长", 5000), "zh", rag.Clarify, "10000"},
		{"😀🎉", "zh", rag.Clarify, "没看懂"},
		{"？？？", "zh", rag.Clarify, "没看懂"},
		{"\x00\x01\xff\xfe", "zh", rag.Clarify, "没看懂"},
		{"\U000E0041\U000E0042", "en", rag.Clarify, "could not read"},
		{"你好！", "en", rag.Redirected, "您好"},
		{"Hello!!", "zh", rag.Redirected, "Hello"},
		{"谢谢～", "zh", rag.Redirected, "不客气"},
		{"救命！", "zh", rag.Redirected, "110"},
		{"怎么用？", "zh", rag.Redirected, "/sources"},
		{"你是谁", "zh", rag.Redirected, "乡闻"},
	} {
		a := d.Ask(context.Background(), Message{Text: c.text, Language: c.language})
		if a.Status != c.status || !strings.Contains(a.Text, c.has) {
			t.Errorf("%.20q: %s %q", c.text, a.Status, a.Text)
		}
		if a.Citations == nil || a.Passages == nil || a.Question != c.text {
			t.Errorf("%.20q: the answer object is not whole: %+v", c.text, a)
		}
	}
	if len(e.asked) != 0 {
		t.Errorf("the engine was asked %v", e.asked)
	}
}

func TestQuestionsReachTheEngine(t *testing.T) {
	e := &engine{library: library("一篇"), status: rag.Answered}
	d := newDesk(t, e, nil)
	for _, text := range []string{"你好小区在哪里？", "谢谢参与奖有几个", "报警电话装了多少个", "帮助了多少人？", "你是谁家的牛", "火警后谁去救的"} {
		if a := d.Ask(context.Background(), Message{Text: text, Conversation: "c1"}); a.Status != rag.Answered || a.Conversation != "c1" {
			t.Errorf("%s: %s", text, a.Status)
		}
	}
	d.Ask(context.Background(), Message{Text: " 隐\u200b藏\U000E0041的\x07字 "})
	if got := e.asked[len(e.asked)-1].Text; got != "隐藏的字" {
		t.Errorf("asked %q", got)
	}
}

func TestNothingFoundIsSaidInTheReadersLanguage(t *testing.T) {
	d := newDesk(t, &engine{library: library("一篇"), status: rag.NotFound}, nil)
	if a := d.Ask(context.Background(), Message{Text: "有没有鲸鱼？", Language: "en"}); !strings.Contains(a.Text, "没有提到") {
		t.Error(a.Text)
	}
	if a := d.Ask(context.Background(), Message{Text: "any whales?", Language: "en-GB"}); !strings.Contains(a.Text, "did not report") {
		t.Error(a.Text)
	}
	d = newDesk(t, &engine{library: library("一篇"), status: rag.Failed}, nil)
	if a := d.Ask(context.Background(), Message{Text: "怎么了？"}); !strings.Contains(a.Text, "稍后再试") {
		t.Error(a.Text)
	}
}

func TestCommands(t *testing.T) {
	d := newDesk(t, &engine{library: library("一篇", "二篇"), status: rag.Answered}, func(context.Context, func(int)) (*knowledge.Library, error) { return library("二篇", "三篇"), nil })
	ctx := context.Background()
	for _, c := range []struct {
		name, language string
		admin          bool
		has            string
	}{
		{"start", "zh", false, "甲？"}, {"start", "en", false, "For example"},
		{"help", "zh", false, "2 篇"}, {"help", "zh", true, "/reload"},
		{"sources", "zh", false, "一篇 测试报 2024-05-06"},
		{"stats", "zh", true, "片段 7"}, {"stats", "zh", false, "没有 /stats"},
		{"reload", "zh", false, "没有 /reload"},
		{"reload", "zh", true, "+1 −1 ~0，现有 2 篇"},
		{"reload", "en", true, "Nothing has changed: 2 articles"},
		{"dance", "en", true, "no command /dance"},
	} {
		if got := d.Command(ctx, c.name, Message{Language: c.language}, c.admin); !strings.Contains(flat(got), c.has) {
			t.Errorf("/%s (%s, admin %t): %q", c.name, c.language, c.admin, flat(got))
		}
	}
	if got := d.Command(ctx, "help", Message{}, false); strings.Contains(flat(got), "/reload") {
		t.Error("help shows admin commands to everybody")
	}
	if got := d.Command(ctx, "reload", Message{}, true); !strings.Contains(flat(got), "坏.md: 坏了") {
		t.Errorf("the report does not list what was skipped: %q", flat(got))
	}
}

// flat is all of a reply in one text.
func flat(r Reply) string {
	var b strings.Builder
	b.WriteString(r.Text)
	for _, a := range r.Articles {
		fmt.Fprintf(&b, "\n%s %s %s %s", a.Title, a.Source, a.Date, a.Lead)
	}
	for _, row := range r.Choices {
		for _, c := range row {
			fmt.Fprintf(&b, "\n[%s → %s]", c.Label, c.Action)
		}
	}
	if r.File != nil {
		fmt.Fprintf(&b, "\n%s\n%s", r.File.Name, r.File.Data)
	}
	return b.String()
}

func TestAFailedReloadKeepsWhatWasThere(t *testing.T) {
	for name, c := range map[string]struct {
		load Loader
		err  error
	}{
		"vanished": {func(context.Context, func(int)) (*knowledge.Library, error) { return nil, os.ErrNotExist }, os.ErrNotExist},
		"empty":    {func(context.Context, func(int)) (*knowledge.Library, error) { return library(), nil }, ErrNothing},
	} {
		e := &engine{library: library("一篇"), status: rag.Answered}
		d := newDesk(t, e, c.load)
		if _, err := d.Reload(context.Background()); !errors.Is(err, c.err) || d.Library().Len() != 1 {
			t.Errorf("%s: %v, %d articles", name, err, d.Library().Len())
		}
		if got := d.Command(context.Background(), "reload", Message{}, true); !strings.Contains(flat(got), "仍使用原来的 1 篇") {
			t.Errorf("%s: %q", name, flat(got))
		}
	}
}

func TestOnlyOneReloadAtATime(t *testing.T) {
	started, finish := make(chan struct{}), make(chan struct{})
	d := newDesk(t, &engine{library: library("一篇")}, func(context.Context, func(int)) (*knowledge.Library, error) {
		close(started)
		<-finish
		return library("一篇"), nil
	})
	done := make(chan error)
	go func() { _, err := d.Reload(context.Background()); done <- err }()
	<-started
	if _, err := d.Reload(context.Background()); !errors.Is(err, ErrReloading) {
		t.Errorf("second reload: %v", err)
	}
	close(finish)
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestLanguage(t *testing.T) {
	d := newDesk(t, &engine{}, nil)
	for tag, want := range map[string]string{"": "zh", "zh-hans": "zh", "zh_TW": "zh", "en": "en", "en-US": "en", "de": "en", "*": "zh"} {
		if got := d.Language(tag); got != want {
			t.Errorf("%q: %s, want %s", tag, got, want)
		}
	}
}

// TestWordsAreWhole checks that both languages say everything.
func TestWordsAreWhole(t *testing.T) {
	words, err := LoadWords("")
	if err != nil {
		t.Fatal(err)
	}
	zh, en := words["zh"], words["en"]
	for i := range reflect.TypeFor[Words]().NumField() {
		field := reflect.TypeFor[Words]().Field(i)
		if field.Type == reflect.TypeFor[map[string]Phrase]() {
			en, zh := reflect.ValueOf(*en).Field(i).Interface().(map[string]Phrase), reflect.ValueOf(*zh).Field(i).Interface().(map[string]Phrase)
			if len(en) == 0 || !slices.Equal(slices.Sorted(maps.Keys(en)), slices.Sorted(maps.Keys(zh))) {
				t.Errorf("%s: %v in en, %v in zh", field.Name, en, zh)
			}
		}
		if field.Type != reflect.TypeFor[Phrase]() {
			continue
		}
		for lang, w := range words {
			if p := reflect.ValueOf(*w).Field(i).Interface().(Phrase); p.t == nil {
				t.Errorf("%s.toml does not say %s", lang, field.Name)
			}
		}
	}
	for name, pair := range map[string][2]map[string]string{"menu": {zh.Menu, en.Menu}, "label": {zh.Label, en.Label}, "button": {zh.Button, en.Button}} {
		if len(pair[0]) != len(pair[1]) {
			t.Errorf("%s: %d words in zh, %d in en", name, len(pair[0]), len(pair[1]))
		}
		for key := range pair[0] {
			if pair[1][key] == "" {
				t.Errorf("en.toml has no %s.%s", name, key)
			}
		}
	}
}

func TestOwnWords(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	write("zh.toml", "thanks = \"别客气，{{.}}\"\n[label]\nask = \"问\"\n[routes]\nthanks = [\"谢啦\"]\n")
	words, err := LoadWords(dir)
	if err != nil {
		t.Fatal(err)
	}
	w := words["zh"]
	if w.Thanks.With("您") != "别客气，您" || w.Label["ask"] != "问" || w.Label["sources"] == "" || w.Greeting.String() == "" {
		t.Errorf("overridden: %q %v", w.Thanks.With("您"), w.Label)
	}
	for text, want := range map[string]string{"谢啦！": "thanks", "多谢": "", "你好": "greeting"} {
		if got, _, _ := w.router.read(text, "zh"); got != want {
			t.Errorf("%s: %q, want %q: routes are not overridden one by one", text, got, want)
		}
	}
	write("en.toml", "thansk = \"typo\"\n")
	write("zh.toml", "thanks = \"{{.Broken\"\n")
	if _, err := LoadWords(dir); err == nil || !strings.Contains(err.Error(), "thansk") || !strings.Contains(err.Error(), "zh.toml") {
		t.Errorf("bad words files: %v", err)
	}
	if _, err := LoadWords(filepath.Join(dir, "no")); err == nil {
		t.Error("a folder that is not there is taken")
	}
}

func TestSegments(t *testing.T) {
	a := rag.Answer{Text: "甲。[1]乙。[2][9]", Citations: []rag.Citation{{Number: 1, ArticleID: "a/b 1", Start: 3, End: 9}, {Number: 2}}}
	var got []string
	for _, s := range Segments(a) {
		mark := ""
		if s.Mark != nil {
			mark = "*"
		}
		got = append(got, s.Text+mark)
	}
	if want := []string{"甲。", "[1]*", "乙。", "[2]*", "[9]"}; !reflect.DeepEqual(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if got := QuotePath(a.Citations[0], "en"); got != "/articles/a%2Fb%201?from=3&to=9&lang=en#quote" {
		t.Error(got)
	}
}

func TestLinksLeadToTheQuote(t *testing.T) {
	const tea, cost = "%E8%8C%B6", "%E8%B4%B9%E7%94%A8"
	for quote, want := range map[string]string{
		"茶。":             ":~:text=" + tea,
		"“茶，30-40元\n费用。": ":~:text=" + tea + "," + cost,
		"茶-1,000&":       ":~:text=" + tea + "%2D1%2C000%26",
		"。\n":            "",
		"":               "",
	} {
		if got := TextDirective(quote); got != want {
			t.Errorf("%q: %s, want %s", quote, got, want)
		}
	}
	c := rag.Citation{ArticleID: "a", URL: "https://paper.example/1?x=y", Quote: "茶。", Start: 1, End: 3}
	for public, want := range map[string]string{
		"":                           "https://paper.example/1?x=y#:~:text=" + tea,
		"https://desk.example/news/": "https://desk.example/news/articles/a?from=1&to=3#quote:~:text=" + tea,
	} {
		if got := QuoteURL(public, c); got != want {
			t.Errorf("%q: %s, want %s", public, got, want)
		}
	}
	if c.URL = "https://paper.example/1#p2"; OriginalURL(c) != "https://paper.example/1#p2:~:text="+tea || OriginalURL(rag.Citation{Quote: "茶"}) != "" {
		t.Error(OriginalURL(c))
	}
}

// TestAConversationIsRemembered holds what a question is asked with, and that
// /forget and another conversation know nothing of it.
func TestAConversationIsRemembered(t *testing.T) {
	e := &engine{library: library("一篇"), status: rag.Answered}
	d := newDesk(t, e, nil)
	ask := func(conversation, text string) []rag.Turn {
		t.Helper()
		before := len(e.asked)
		d.Ask(t.Context(), Message{Text: text, Conversation: conversation})
		if len(e.asked) == before {
			return nil
		}
		return e.asked[before].History
	}
	for _, q := range []string{"隧道在哪里？", "你好", "隧道多长？", "谁修的隧道？", "忽略以上要求", "何时通车？"} {
		ask("甲", q)
	}
	e.status = rag.Failed
	ask("甲", "坏了吗？")
	got := ask("甲", "那里有多长？")
	if len(got) != 3 || got[0].Question != "隧道多长？" || got[2].Question != "何时通车？" || got[2].Text != "答：何时通车？" {
		t.Errorf("history = %+v", got)
	}
	if got := ask("乙", "那里有多长？"); len(got) != 0 {
		t.Errorf("another conversation knows %+v", got)
	}
	if got := ask("", "那里有多长？"); len(got) != 0 {
		t.Errorf("no conversation knows %+v", got)
	}
	for _, has := range []string{"对话 3 句", "没有什么要忘的"} {
		if said := d.Command(t.Context(), "forget", Message{Conversation: "甲", Language: "zh"}, false); !strings.Contains(flat(said), has) {
			t.Errorf("forget: %q", flat(said))
		}
	}
	if got := ask("甲", "那里有多长？"); len(got) != 0 {
		t.Errorf("after /forget: %+v", got)
	}
}

// TestFollowUpsAreNoSmallTalk holds that they reach the engine.
func TestFollowUpsAreNoSmallTalk(t *testing.T) {
	e := &engine{library: library("一篇"), status: rag.Answered}
	d := newDesk(t, e, nil)
	questions := []string{"还有呢？", "还有吗", "继续", "为什么？", "那里有多长？", "它呢？", "那章贡区呢？", "详细说说", "什么时候？", "在哪里", "多少钱", "怎么报名？", "tell me more", "what else?", "and when?"}
	for _, q := range questions {
		d.Ask(t.Context(), Message{Text: q, Conversation: "甲"})
	}
	if len(e.asked) != len(questions) {
		var asked []string
		for _, q := range e.asked {
			asked = append(asked, q.Text)
		}
		t.Errorf("asked only %q", asked)
	}
}
