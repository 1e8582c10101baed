package telegram

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"xiangwen/bot"
	"xiangwen/bot/state"
	"xiangwen/bot/telegram/faketelegram"
	"xiangwen/knowledge"
	"xiangwen/rag"
)

const token = "123456789:AAF-secret_secret_secret"

// stubDesk answers with what a test sets; unset, it echoes.
type stubDesk struct {
	words   map[string]*bot.Words
	ask     func(ctx context.Context, m bot.Message) rag.Answer
	command func(ctx context.Context, name string, m bot.Message, admin bool) string
	act     func(action string, m bot.Message, admin bool) bot.Outcome
	choices [][]bot.Choice
	offer   func(f bot.File) bot.Reply

	mu   sync.Mutex
	seen []bot.Message
}

var _ Desk = (*stubDesk)(nil)

func newStub(t testing.TB) *stubDesk {
	t.Helper()
	words, err := bot.LoadWords("")
	if err != nil {
		t.Fatal(err)
	}
	return &stubDesk{words: words}
}

func (d *stubDesk) Ask(ctx context.Context, m bot.Message) rag.Answer {
	d.mu.Lock()
	d.seen = append(d.seen, m)
	d.mu.Unlock()
	if d.ask != nil {
		return d.ask(ctx, m)
	}
	return rag.Answer{Status: rag.Answered, Text: "answer to: " + m.Text}
}

func (d *stubDesk) Command(ctx context.Context, name string, m bot.Message, admin bool) bot.Reply {
	if d.command != nil {
		return bot.Reply{Text: d.command(ctx, name, m, admin)}
	}
	return bot.Reply{Text: fmt.Sprintf("command %s admin=%t language=%s", name, admin, m.Language)}
}

func (d *stubDesk) Act(_ context.Context, action string, m bot.Message, admin bool) bot.Outcome {
	return d.act(action, m, admin)
}

func (d *stubDesk) Choices(rag.Answer, *bot.Words) [][]bot.Choice { return d.choices }

func (d *stubDesk) Offer(_ context.Context, f bot.File, _ bot.Message) bot.Reply { return d.offer(f) }

func (d *stubDesk) Lookup(_ context.Context, text, _ string) (rag.Answer, []bot.Listed) {
	if d.ask == nil {
		return rag.Answer{Status: rag.NotFound}, nil
	}
	return d.ask(context.Background(), bot.Message{Text: text}), []bot.Listed{{ID: "a/1 b", Title: "竹荪 & <菌>", Source: "江西日报", Date: "2024-11-26", Lead: "村里种了竹荪。"}}
}

func (d *stubDesk) WordsFor(_ context.Context, m bot.Message) *bot.Words { return d.Words(m.Language) }

func (d *stubDesk) Deliveries(context.Context, time.Time) ([]bot.Delivery, error) { return nil, nil }
func (d *stubDesk) Deliver(context.Context, bot.Delivery) error                   { return nil }
func (d *stubDesk) Weekly(context.Context, int64, string, time.Time) (bot.Reply, bool) {
	return bot.Reply{}, false
}
func (d *stubDesk) ChatMoved(context.Context, int64, int64) {}
func (d *stubDesk) ChatGone(context.Context, int64)         {}
func (d *stubDesk) OnAlarm(func(a bot.Alarm, why string))   {}

func (d *stubDesk) Words(tag string) *bot.Words {
	if strings.HasPrefix(tag, "en") {
		return d.words["en"]
	}
	return d.words["zh"]
}

func (d *stubDesk) questions() []bot.Message {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.seen)
}

// logBook keeps what was logged, at debug level too.
type logBook struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logBook) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logBook) lines() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Split(strings.TrimSpace(l.b.String()), "\n")
}

// with returns the lines that hold a text.
func (l *logBook) with(text string) (found []string) {
	for _, line := range l.lines() {
		if strings.Contains(line, text) {
			found = append(found, line)
		}
	}
	return found
}

// rig is a front end that runs against a server.
type rig struct {
	*faketelegram.Server
	t    *testing.T
	desk *stubDesk
	logs *logBook
	stop func() error // ends Run and returns its error
}

// newRig starts a front end; set changes the configuration.
func newRig(t *testing.T, desk Desk, set func(*Config)) *rig {
	t.Helper()
	s := faketelegram.NewServer(token)
	t.Cleanup(s.Close)
	return runRig(t, s, desk, set)
}

func runRig(t *testing.T, s *faketelegram.Server, desk Desk, set func(*Config)) *rig {
	t.Helper()
	r := &rig{Server: s, t: t, logs: &logBook{}}
	r.desk, _ = desk.(*stubDesk)
	cfg := Config{Token: token, APIURL: s.URL, PollTimeout: 5 * time.Second}
	if set != nil {
		set(&cfg)
	}
	f, err := New(t.Context(), cfg, desk, slog.New(slog.NewTextHandler(r.logs, &slog.HandlerOptions{Level: slog.LevelDebug})))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- f.Run(ctx) }()
	r.stop = sync.OnceValue(func() error {
		cancel()
		select {
		case err := <-ended:
			return err
		case <-time.After(40 * time.Second):
			return fmt.Errorf("Run does not end")
		}
	})
	t.Cleanup(func() {
		if err := r.stop(); err != nil {
			t.Error(err)
		}
		r.private()
	})
	return r
}

// private fails the test if a log line holds what none may hold.
func (r *rig) private() {
	_, secret, _ := strings.Cut(token, ":")
	for _, line := range r.logs.lines() {
		if strings.Contains(line, secret) {
			r.t.Errorf("the token was logged: %s", line)
		}
		if !strings.Contains(line, "level=DEBUG") && (strings.Contains(line, "reader_name") || strings.Contains(line, "隧道")) {
			r.t.Errorf("a reader's name or question was logged: %s", line)
		}
	}
}

// got waits for n messages in a chat and returns them.
func (r *rig) got(chat int64, n int) []faketelegram.Message {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), 20*time.Second)
	defer cancel()
	m, err := r.WaitSent(ctx, chat, n)
	if err != nil {
		r.t.Fatalf("%v\n%s", err, strings.Join(r.logs.lines(), "\n"))
	}
	return m
}

// silent checks that nothing was sent to a chat once all before is answered: a
// question in a chat of its own, asked later, is.
func (r *rig) silent(chat int64, n int) {
	r.t.Helper()
	const probe = 987654
	before := len(r.Sent(probe))
	r.SendText(probe, "probe")
	r.got(probe, before+1)
	if sent := r.Sent(chat); len(sent) != n {
		r.t.Errorf("%d messages in chat %d, want %d: %+v", len(sent), chat, n, sent)
	}
}

func answer() rag.Answer {
	return rag.Answer{
		Status: rag.Answered, Method: rag.MethodExtractive, Text: "增收<16>万余元 & 更多。[1]隧道长 3 公里。[2]",
		Citations: []rag.Citation{
			{Number: 1, ArticleID: "a/1 b", Title: "竹荪 & <菌>", Source: "江西日报", Date: "2024-11-26", URL: "https://paper.example/1?a=b&c=d", Quote: "共增收16万余元“<好>”。", Start: 12, End: 40},
			{Number: 2, ArticleID: "a2", Title: "隧道", Source: "赣南日报", URL: "javascript:alert(1)", Quote: "隧道长 3 公里。", Start: 0, End: 9},
		},
	}
}

func TestQuestionIsAnsweredWithSources(t *testing.T) {
	t.Parallel()
	for language, want := range map[string]struct{ sources, open string }{
		"zh-hans": {"出处", "看报道 1 · 竹荪 & <菌>"}, "en-GB": {"Sources", "Open the article 1 · 竹荪 & <菌>"},
	} {
		desk := newStub(t)
		desk.ask = func(context.Context, bot.Message) rag.Answer { return answer() }
		r := newRig(t, desk, func(c *Config) { c.PublicURL = "https://xiangwen.example/desk/" })
		r.SendText(7, "隧道有多长？", faketelegram.Language(language))
		m := r.got(7, 1)[0]
		if m.ParseMode != "HTML" || m.Preview || m.ReplyTo != 0 {
			t.Errorf("parse mode %q, preview %t, reply to %d", m.ParseMode, m.Preview, m.ReplyTo)
		}
		text := "增收<16>万余元 & 更多。[1]隧道长 3 公里。[2]\n\n" + want.sources +
			"\n[1] 竹荪 & <菌> · 江西日报 · 2024-11-26\n共增收16万余元“<好>”。\n[2] 隧道 · 赣南日报\n隧道长 3 公里。"
		if m.Text != text {
			t.Errorf("text\n%q\nwant\n%q", m.Text, text)
		}
		var kinds []string
		links := make(map[string]string)
		for _, e := range m.Entities {
			kinds = append(kinds, e.Type)
			if e.Type == "text_link" {
				links[string([]rune(m.Text)[e.Offset:e.Offset+e.Length])] = e.URL // no surrogates in this text
			}
		}
		if got := strings.Join(kinds, " "); got != "text_link text_link bold text_link expandable_blockquote expandable_blockquote" {
			t.Errorf("entities %s", got)
		}
		page1, page2 := "https://xiangwen.example/desk/articles/a%2F1%20b?from=12&to=40#quote:~:text=%E5%85%B1%E5%A2%9E%E6%94%B616%E4%B8%87%E4%BD%99%E5%85%83,%3C%E5%A5%BD%3E", "https://xiangwen.example/desk/articles/a2?from=0&to=9#quote:~:text=%E9%9A%A7%E9%81%93%E9%95%BF%203%20%E5%85%AC%E9%87%8C"
		if links["[1]"] != page1 || links["[2]"] != page2 || links["竹荪 & <菌>"] != "https://paper.example/1?a=b&c=d#:~:text=%E5%85%B1%E5%A2%9E%E6%94%B616%E4%B8%87%E4%BD%99%E5%85%83,%3C%E5%A5%BD%3E" {
			t.Errorf("links %v", links)
		}
		if len(m.Buttons) != 2 || m.Buttons[0][0].URL != page1 || m.Buttons[1][0].URL != page2 || m.Buttons[0][0].Text != want.open {
			t.Errorf("buttons %+v", m.Buttons)
		}
		if q := desk.questions()[0]; q.Text != "隧道有多长？" || q.Language != language || q.Conversation == "" {
			t.Errorf("the desk was asked %+v", q)
		}
		if a := r.Calls("sendChatAction"); len(a) == 0 || a[0].At.After(m.At) {
			t.Error("no typing action before the answer")
		}
	}
}

func TestWithoutPublicURLNothingLinksToArticles(t *testing.T) {
	t.Parallel()
	desk := newStub(t)
	desk.ask = func(context.Context, bot.Message) rag.Answer {
		a := answer()
		a.Method = "some-model"
		return a
	}
	r := newRig(t, desk, nil)
	r.SendText(7, "x", faketelegram.Language("en"))
	m := r.got(7, 1)[0]
	if len(m.Buttons) != 0 || strings.Contains(m.Raw, "/articles/") {
		t.Errorf("buttons %v, %s", m.Buttons, m.Raw)
	}
	if !strings.HasSuffix(m.Raw, "<i>Written by a model, each sentence checked against the article</i>") {
		t.Errorf("no line on the model: %s", m.Raw)
	}
}

func TestLongAnswerIsSplit(t *testing.T) {
	t.Parallel()
	var long strings.Builder
	for i := range 400 {
		fmt.Fprintf(&long, "第%d段：🎋竹荪<种植>与隧道 & 桥梁，惠及村民。[1]\n\n", i)
	}
	desk := newStub(t)
	desk.ask = func(context.Context, bot.Message) rag.Answer {
		a := answer()
		a.Text = long.String()
		return a
	}
	r := newRig(t, desk, func(c *Config) { c.PublicURL = "https://xiangwen.example" })
	r.SendText(-7, "/ask 竹荪")
	r.got(-7, 3)
	if err := r.stop(); err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	sent := r.Sent(-7)
	for i, m := range sent {
		all.WriteString(m.Text)
		last := i == len(sent)-1
		if faketelegram.Units(m.Text) > 4096 || (len(m.Buttons) > 0) != last || (m.ReplyTo != 0) != (i == 0) {
			t.Errorf("message %d of %d: %d units, %d buttons, reply to %d", i, len(sent), faketelegram.Units(m.Text), len(m.Buttons), m.ReplyTo)
		}
		if !last && !strings.HasSuffix(m.Text, "。[1]") {
			t.Errorf("message %d is not cut at a paragraph: …%q", i, m.Text[len(m.Text)-30:])
		}
		if len(m.Entities) > 90 {
			t.Errorf("%d entities", len(m.Entities))
		}
	}
	if got, want := squeeze(all.String()), squeeze(text(render(desk.Ask(t.Context(), bot.Message{}), desk.Words("zh"), "").body)); got != want {
		t.Error("text was lost")
	}
}

func squeeze(s string) string { return strings.Join(strings.Fields(s), "") }

func TestWordsArePlainText(t *testing.T) {
	t.Parallel()
	desk := newStub(t)
	desk.command = func(context.Context, string, bot.Message, bool) string { return "<b>a</b> & b [1]" }
	r := newRig(t, desk, nil)
	r.SendText(7, "/help")
	if m := r.got(7, 1)[0]; m.Text != "<b>a</b> & b [1]" || len(m.Entities) != 0 {
		t.Errorf("%q %v", m.Text, m.Entities)
	}
}

func TestMenus(t *testing.T) {
	t.Parallel()
	s := faketelegram.NewServer(token)
	t.Cleanup(s.Close)
	s.Know(55)
	r := runRig(t, s, newStub(t), func(c *Config) { c.Admins = []int64{44, 55} }) // 44 never wrote to the bot
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := s.WaitCalls(ctx, "setMyCommands", 7); err != nil {
		t.Fatal(err)
	}
	if err := r.stop(); err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]string{
		"": "ask 提一个问题", "zh": "ask 提一个问题", "en": "ask Ask a question",
	} {
		menu := s.Menu(key, 0)
		if len(menu) != 11 || menu[0].Command+" "+menu[0].Description != want {
			t.Errorf("menu %q is %v", key, menu)
		}
	}
	if menu := s.Menu("en", 55); len(menu) != 17 || menu[12].Command != "stats" {
		t.Errorf("the admin's menu is %v", menu)
	}
	if n := len(r.logs.with("a command menu was not set")); n != 1 {
		t.Errorf("%d lines on the admin without a chat", n)
	}
}

func TestWebhookIsDropped(t *testing.T) {
	t.Parallel()
	s := faketelegram.NewServer(token)
	t.Cleanup(s.Close)
	s.SetWebhook("https://old.example")
	r := runRig(t, s, newStub(t), nil)
	r.SendText(7, "x")
	r.got(7, 1)
}

// engine is the smallest that a real desk works with.
type engine struct{ library *knowledge.Library }

var _ bot.Engine = (*engine)(nil)

func (e *engine) Ask(_ context.Context, q rag.Question) rag.Answer {
	if !strings.Contains(q.Text, "隧道") && !strings.Contains(q.Text, "tunnel") {
		return rag.Answer{Status: rag.NotFound}
	}
	return answer()
}
func (e *engine) Library() *knowledge.Library                                { return e.library }
func (e *engine) Chunks() int                                                { return 1 }
func (e *engine) Examples(int) []string                                      { return []string{"隧道有多长？"} }
func (e *engine) Section(string, string) (rag.Answer, bool)                  { return rag.Answer{}, false }
func (e *engine) After(rag.Citation) (rag.Answer, bool)                      { return rag.Answer{}, false }
func (e *engine) Related(context.Context, string, int) []rag.Suggestion      { return nil }
func (e *engine) Search(context.Context, string, int) ([]rag.Passage, error) { return nil, nil }
func (e *engine) Update(_ context.Context, l *knowledge.Library) (knowledge.Diff, error) {
	d := knowledge.Compare(e.library, l)
	e.library = l
	return d, nil
}

func newStore(t *testing.T) *state.Store {
	t.Helper()
	s, err := state.OpenMemory(slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func TestRealDesk(t *testing.T) {
	t.Parallel()
	words, err := bot.LoadWords("")
	if err != nil {
		t.Fatal(err)
	}
	article := func(title string) *knowledge.Article {
		return knowledge.NewArticleFromText(knowledge.Article{ID: title, Title: title}, "隧道长 3 公里。")
	}
	e := &engine{knowledge.NewLibrary([]*knowledge.Article{article("隧道")}, nil)}
	load := func(context.Context, func(int)) (*knowledge.Library, error) {
		return knowledge.NewLibrary([]*knowledge.Article{article("隧道"), article("竹荪")}, nil), nil
	}
	refused := &logBook{}
	desk := bot.NewDesk(e, load, words, newStore(t), bot.Options{}, slog.New(slog.NewTextHandler(refused, nil)))
	r := newRig(t, desk, func(c *Config) { c.Admins = []int64{9} })
	english := faketelegram.Language("en")
	for i, c := range []struct {
		text, want string
		chat       int64
		opts       []faketelegram.Option
	}{
		{text: "隧道有多长？", want: "隧道长 3 公里。[2]"},
		{text: "how long is the tunnel", want: "Sources", opts: []faketelegram.Option{english}},
		{text: "谁建了火星基地", want: "报道里没有提到这件事"},
		{text: "who built Mars", want: "The paper did not report this.", opts: []faketelegram.Option{english}},
		{text: strings.Repeat("问", 5000), want: "问题有 5000 个字，太长了"},
		{text: strings.Repeat("word ", 1000), want: "Your question has 4999 characters", opts: []faketelegram.Option{english}},
		{text: "/ask", want: "请发一个问题给我"},
		{text: "/ask", want: "Send me a question", opts: []faketelegram.Option{english}},
		{text: "/ask 隧道有多长？", want: "隧道长 3 公里。[2]"},
		{text: "/start", want: "· 隧道有多长？"},
		{text: "/sources", want: "I have read 1 articles", opts: []faketelegram.Option{english}},
		{text: "/help", want: "/sources 我知道哪些报道"},
		{text: "/nonsense", want: "没有 /nonsense 这个命令"},
		{text: "/reload", want: "There is no command /reload", opts: []faketelegram.Option{english}},
		{text: "/stats", want: "没有 /stats 这个命令"},
		{text: "👋", want: "我没看懂这个问题"},
		{text: "你好", want: "您好！"},
		{chat: 9, text: "/reload", want: "已重新读取：+1 −0 ~0，现有 2 篇"},
		{chat: 9, text: "/reload", want: "Nothing has changed: 2 articles", opts: []faketelegram.Option{english}},
		{chat: 9, text: "/stats", want: "报道 2 篇"},
		{chat: -9, text: "/reload@" + faketelegram.BotName, want: "没有变化", opts: []faketelegram.Option{faketelegram.From(9)}},
		{chat: -9, text: "/reload@" + faketelegram.BotName, want: "没有 /reload 这个命令"},
	} {
		if c.chat == 0 {
			c.chat = 7
		}
		before := len(r.Sent(c.chat))
		r.SendText(c.chat, c.text, c.opts...)
		if m := r.got(c.chat, before+1)[before]; !strings.Contains(m.Text, c.want) {
			t.Errorf("%d: %.20q got %q, want %q", i, c.text, m.Text, c.want)
		}
	}
	if n := len(refused.with("a command for admins was refused")); n != 3 {
		t.Errorf("%d lines on strangers' admin commands, want 3", n)
	}
}
