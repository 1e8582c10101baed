package bot

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"xiangwen/bot/state"
	"xiangwen/knowledge"
	"xiangwen/knowledge/load"
	"xiangwen/knowledge/shelf"
	"xiangwen/rag"
)

// reporter is a stand-in with articles that have places and sections.
func reporter() *engine {
	article := func(id, place, date string, paragraphs ...knowledge.Paragraph) *knowledge.Article {
		return knowledge.NewArticle(knowledge.Article{ID: id, Title: place + "推进“幸福食堂”", Place: place, Source: "测试报", Date: date}, paragraphs)
	}
	return &engine{status: rag.Answered, library: knowledge.NewLibrary([]*knowledge.Article{
		article("a", "东河镇", "2024-05-06", knowledge.Paragraph{Text: "东河镇办起食堂。"}, knowledge.Paragraph{Heading: "一餐多少钱", Text: "一餐五元。"}, knowledge.Paragraph{Heading: "谁来做饭", Text: "村民轮流。"}),
		article("b", "西山村", "2024-05-08", knowledge.Paragraph{Text: "西山村也办了食堂。"}),
	}, nil)}
}

var anna = Message{Front: "telegram", Reader: "1", Chat: 1, Private: true, Conversation: "1", Language: "zh"}

// act performs an action and fails on nothing.
func act(t *testing.T, d *Desk, action string, m Message, admin bool) Outcome {
	t.Helper()
	if len(action) > 64 {
		t.Errorf("%q is longer than a callback may be", action)
	}
	return d.Act(t.Context(), action, m, admin)
}

// pressable are the actions of a reply's buttons by their label.
func pressable(rows [][]Choice) map[string]string {
	out := make(map[string]string)
	for _, row := range rows {
		for _, c := range row {
			out[c.Label] = c.Action
		}
	}
	return out
}

func TestButtonsUnderAnAnswer(t *testing.T) {
	e := reporter()
	d := newDesk(t, e, nil)
	m := anna
	m.Text = "食堂在哪里？"
	a := d.Ask(t.Context(), m)
	a.Citations = []rag.Citation{{Number: 1, ArticleID: "a", Start: 0, End: 8}}
	buttons := pressable(d.Choices(a, d.Words("zh")))
	if len(buttons) != 7 {
		t.Fatalf("%v", buttons)
	}
	if o := act(t, d, buttons["🔔 关注 东河镇"], m, false); o.Reply == nil || !strings.Contains(o.Reply.Text, "有关于「东河镇」") {
		t.Errorf("follow: %+v", o)
	}
	if o := act(t, d, buttons["接着往下读"], m, false); o.Answer == nil || o.Answer.Citations[0].Start != 8 {
		t.Errorf("more: %+v", o)
	}
	if o := act(t, d, buttons["📑 谁来做饭"], m, false); o.Answer == nil || o.Answer.Text != "谁来做饭[1]" {
		t.Errorf("section: %+v", o)
	}
	if o := act(t, d, buttons["相关报道"], m, false); o.Reply == nil || len(o.Reply.Articles) != 1 || o.Reply.Articles[0].ID != "b" {
		t.Errorf("related: %+v", o)
	}
	// Feedback, with a reason, by the asker only.
	stranger := m
	stranger.Reader = "2"
	if o := act(t, d, buttons["👎"], stranger, false); !strings.Contains(o.Toast, "别人的按钮") {
		t.Errorf("a stranger: %+v", o)
	}
	o := act(t, d, buttons["👎"], m, false)
	why := pressable(o.Choices)
	if !o.Edit || len(why) != 3 {
		t.Fatalf("down: %+v", o)
	}
	if o := act(t, d, why["过时了"], m, false); !strings.Contains(o.Toast, "已记下") {
		t.Errorf("why: %+v", o)
	}
	if got, err := d.state.FeedbackList(t.Context(), time.Time{}, 9); err != nil || len(got) != 1 || got[0].Verdict != "down" || got[0].Reason != "outdated" || got[0].Question != m.Text {
		t.Errorf("%+v %v", got, err)
	}
	act(t, d, buttons["👍"], m, false)
	if got, _ := d.state.FeedbackList(t.Context(), time.Time{}, 9); len(got) != 1 || got[0].Verdict != "up" || got[0].Reason != "" {
		t.Errorf("%+v", got)
	}
	for _, old := range []string{"up:zzz", "up:!", "more:none:1:2", "more:x", "section:none:1", "section:" + short("a") + ":7", "related:none", "topic:none", "follow:none", "example:7:x", "sources:x", "language:fr", "unfollow:none", "dance", ""} {
		if o := act(t, d, old, m, false); !strings.Contains(o.Toast, "过期") {
			t.Errorf("%q: %+v", old, o)
		}
	}
	for _, action := range []string{"remove:" + short("a"), "exclude-yes:" + short("a"), "weekly:1", "add:x", "include:x"} {
		if o := act(t, d, action, m, false); !strings.Contains(o.Toast, "别人的按钮") {
			t.Errorf("%q by a reader: %+v", action, o)
		}
	}
}

func TestTopicsAndLanguages(t *testing.T) {
	d := newDesk(t, reporter(), nil)
	topics := d.Command(t.Context(), "topics", anna, false)
	buttons := pressable(topics.Choices)
	if buttons["幸福食堂 · 2"] == "" || buttons["东河镇 · 1"] == "" {
		t.Fatalf("%v", buttons)
	}
	o := act(t, d, buttons["幸福食堂 · 2"], anna, false)
	if o.Reply == nil || len(o.Reply.Articles) != 2 || o.Reply.Articles[0].ID != "b" {
		t.Errorf("%+v", o.Reply)
	}
	if got := d.Command(t.Context(), "latest", anna, false); len(got.Articles) != 2 || got.Articles[0].ID != "b" {
		t.Errorf("%+v", got)
	}
	o = act(t, d, pressable(d.Command(t.Context(), "language", anna, false).Choices)["English"], anna, false)
	if o.Reply == nil || !strings.Contains(o.Reply.Text, "in English") {
		t.Errorf("%+v", o)
	}
	if got := d.Command(t.Context(), "latest", anna, false); got.Text != "The newest articles:" {
		t.Errorf("%q", got.Text)
	}
	if got := d.Command(t.Context(), "forget", anna, false); !strings.Contains(got.Text, "1 language settings") {
		t.Errorf("%q", got.Text)
	}
	if got := d.Command(t.Context(), "privacy", anna, false); !strings.Contains(got.Text, "60 分钟") {
		t.Errorf("%q", got.Text)
	}
}

func TestFollow(t *testing.T) {
	e := reporter()
	news := knowledge.NewArticle(knowledge.Article{ID: "c", Title: "东河镇修路", Date: "2001-01-01"}, []knowledge.Paragraph{{Text: "东河镇的新路通了。全长三公里。"}})
	d := newDesk(t, e, func(context.Context, func(int)) (*knowledge.Library, error) {
		return knowledge.NewLibrary(append(e.library.Articles(), news), nil), nil
	})
	command := func(name, text string) Reply {
		m := anna
		m.Text = text
		return d.Command(t.Context(), name, m, false)
	}
	for text, has := range map[string]string{"": "想关注什么", "茶": "2 到 30", "东河镇": "有关于「东河镇」"} {
		if got := command("follow", text); !strings.Contains(got.Text, has) {
			t.Errorf("/follow %s: %q", text, got.Text)
		}
	}
	if got := command("follow", " 东河镇 "); !strings.Contains(got.Text, "已经关注") {
		t.Errorf("%q", got.Text)
	}
	command("follow", "航天")
	if got := command("following", ""); strings.Count(got.Text, "·") != 2 {
		t.Errorf("%q", got.Text)
	}
	if got, err := d.Deliveries(t.Context(), time.Now()); err != nil || len(got) != 0 {
		t.Errorf("before anything is new: %+v %v", got, err)
	}
	if _, err := d.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	got, err := d.Deliveries(t.Context(), time.Now())
	if err != nil || len(got) != 1 || got[0].Chat != 1 || !strings.Contains(flat(got[0].Reply), "东河镇修路") || !strings.Contains(flat(got[0].Reply), "东河镇的新路通了。") {
		t.Fatalf("%+v %v", got, err)
	}
	if err := d.Deliver(t.Context(), got[0]); err != nil {
		t.Fatal(err)
	}
	e.library = reporter().library // gone and back again: no second notice
	for range 2 {
		if _, err := d.Reload(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if got, _ := d.Deliveries(t.Context(), time.Now().Add(48*time.Hour)); len(got) != 0 {
		t.Errorf("told twice: %+v", got)
	}
	buttons := pressable(command("following", "").Choices)
	if o := act(t, d, buttons["改为每天一次"], anna, false); o.Reply == nil || !strings.Contains(o.Reply.Text, "每天汇总一次") {
		t.Errorf("%+v", o)
	}
	if o := act(t, d, buttons["不再关注 航天"], anna, false); o.Reply == nil || !strings.Contains(o.Reply.Text, "不再关注「航天」") {
		t.Errorf("%+v", o)
	}
	if o := act(t, d, buttons["全部取消"], anna, false); o.Reply == nil || !strings.Contains(flat(command("following", "")), "没有关注") {
		t.Errorf("%+v", o)
	}
	web := Message{Front: "web", Reader: "x", Text: "东河镇"}
	if got := d.Command(t.Context(), "follow", web, false); !strings.Contains(got.Text, "Telegram") {
		t.Errorf("%q", got.Text)
	}
}

// TestOldArticlesAreNoNews holds that a start, after which everything is new to
// the desk, tells followers only of what was printed since they began to follow.
func TestOldArticlesAreNoNews(t *testing.T) {
	store := newStore(t)
	if _, err := store.Follow(t.Context(), state.Follow{Chat: 1, Topic: "食堂", Language: "zh", At: time.Date(2024, 5, 7, 0, 0, 0, 0, time.Local)}); err != nil {
		t.Fatal(err)
	}
	words, err := LoadWords("")
	if err != nil {
		t.Fatal(err)
	}
	e := &engine{library: knowledge.NewLibrary(nil, nil)}
	d := NewDesk(e, nil, words, store, Options{}, slog.New(slog.DiscardHandler))
	if _, err := d.Install(t.Context(), reporter().library); err != nil {
		t.Fatal(err)
	}
	got, err := d.Deliveries(t.Context(), time.Now())
	if err != nil || len(got) != 1 || len(got[0].Reply.Articles) != 1 || got[0].Reply.Articles[0].ID != "b" {
		t.Errorf("%+v %v", got, err)
	}
}

func TestEditorsDesk(t *testing.T) {
	folder := t.TempDir()
	s, err := shelf.New(folder)
	if err != nil {
		t.Fatal(err)
	}
	words, err := LoadWords("")
	if err != nil {
		t.Fatal(err)
	}
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("a.md", "---\nid: a\ntitle: 甲村种茶\n---\n\n甲村种了三百亩茶。\n")
	write("b.jsonl", `{"id":"b","title":"乙村修路","text":"乙村修好了两条路。"}`+"\n"+`{"id":"c","title":"丙村修桥","text":"丙村修好了一座桥。"}`+"\n")
	e := &engine{library: knowledge.NewLibrary(nil, nil), status: rag.Answered}
	read := func(ctx context.Context, _ func(int)) (*knowledge.Library, error) {
		sources, err := load.Paths([]string{folder})
		if err != nil {
			return nil, err
		}
		return load.Load(ctx, sources, nil)
	}
	d := NewDesk(e, read, words, newStore(t), Options{Shelf: s}, slog.New(slog.DiscardHandler))
	if _, err := d.Reload(t.Context()); err != nil || d.Library().Len() != 3 {
		t.Fatalf("%d articles, %v", d.Library().Len(), err)
	}
	admin := anna
	command := func(name, text string) Reply {
		admin.Text = text
		return d.Command(t.Context(), name, admin, true)
	}

	// A file comes in after a button was pressed, and only then.
	page := File{"新.txt", []byte("丁村办学\n\n丁村的小学办起来了，有三个班，一百二十名学生，老师来自县里。村里还给学生们修了操场。\n")}
	offer := d.Offer(t.Context(), page, admin)
	if !strings.Contains(flat(offer), "认出 1 篇报道") || !strings.Contains(flat(offer), "丁村办学") || d.Library().Len() != 3 {
		t.Fatalf("%s", flat(offer))
	}
	if o := act(t, d, pressable(offer.Choices)["加入"], admin, true); o.Reply == nil || !strings.Contains(o.Reply.Text, "+1 −0") || d.Library().Len() != 4 {
		t.Fatalf("%+v", o)
	}
	if o := act(t, d, pressable(offer.Choices)["加入"], admin, true); !strings.Contains(o.Toast, "过期") {
		t.Errorf("pressed again: %+v", o)
	}
	if offer := d.Offer(t.Context(), page, admin); !strings.Contains(offer.Text, "其中 1 篇已经有了") || offer.Choices != nil {
		t.Errorf("%s", flat(offer))
	}
	for name, has := range map[string]string{"a.docx": "读不了", "zip.txt": "认出 0 篇"} {
		if offer := d.Offer(t.Context(), File{name, append([]byte("PK\x03\x04"), make([]byte, 500)...)}, admin); !strings.Contains(flat(offer), has) || offer.Choices != nil {
			t.Errorf("%s: %s", name, flat(offer))
		}
	}

	// One of two articles of a file is only hidden, a file with one goes away; both
	// come back.
	for _, c := range []struct{ command, title, button, sure, gone string }{
		{"exclude", "乙村", "撤下 乙村修路", "确定撤下", ""},
		{"remove", "丙村", "删除 丙村修桥", "确定删除", ""},
		{"remove", "甲村", "删除 甲村种茶", "确定删除", "a.md"},
	} {
		before := d.Library().Len()
		asked := act(t, d, pressable(command(c.command, c.title).Choices)[c.button], admin, true)
		if asked.Reply == nil || d.Library().Len() != before {
			t.Fatalf("%s: %+v", c.command, asked)
		}
		done := act(t, d, pressable(asked.Reply.Choices)[c.sure], admin, true)
		if done.Reply == nil || d.Library().Len() != before-1 {
			t.Fatalf("%s: %+v, %d articles", c.command, done, d.Library().Len())
		}
		if _, err := os.Stat(filepath.Join(folder, "a.md")); c.gone != "" && !os.IsNotExist(err) {
			t.Errorf("the file is there: %v", err)
		}
		if o := act(t, d, pressable(done.Reply.Choices)["放回"], admin, true); o.Reply == nil || d.Library().Len() != before {
			t.Errorf("undo: %+v, %d articles", o, d.Library().Len())
		}
	}
	act(t, d, "remove-yes:"+short("a"), admin, true)
	if got := command("excluded", ""); !strings.Contains(got.Text, "甲村种茶") {
		t.Errorf("%q", got.Text)
	}
	d.tidy(t.Context(), time.Now().Add(25*time.Hour))
	if got := command("excluded", ""); !strings.Contains(got.Text, "没有撤下") {
		t.Errorf("after a day: %q", got.Text)
	}
	if files, _ := os.ReadDir(filepath.Join(folder, ".removed")); len(files) != 0 {
		t.Errorf("removed for good, but there is %v", files)
	}
	for text, has := range map[string]string{"": "/remove 加上", "没有的": "没有找到"} {
		if got := command("remove", text); !strings.Contains(got.Text, has) {
			t.Errorf("/remove %s: %q", text, got.Text)
		}
	}
	if got := command("unanswered", ""); !strings.Contains(got.Text, "没有哪个问题") {
		t.Errorf("%q", got.Text)
	}
}

func TestUnanswered(t *testing.T) {
	e := reporter()
	e.status = rag.NotFound
	d := newDesk(t, e, nil)
	for text, times := range map[string]int{"东河镇的房价是多少？": 3, "东河镇房价多少": 2, "=CMD()火星上有水吗": 1} {
		for range times {
			m := anna
			m.Text = text
			d.Ask(t.Context(), m)
		}
	}
	gaps, err := d.Gaps(t.Context(), time.Time{})
	if err != nil || len(gaps) != 2 || gaps[0].Question != "东河镇的房价是多少？" || gaps[0].Asked != 5 || len(gaps[0].Like) != 1 {
		t.Fatalf("%+v %v", gaps, err)
	}
	r := d.Command(t.Context(), "unanswered", anna, true)
	if !strings.Contains(r.Text, "共 2 组") || r.File == nil || !strings.Contains(string(r.File.Data), "'=CMD()火星上有水吗") {
		t.Errorf("%s", flat(r))
	}
	if o := act(t, d, pressable(r.Choices)["每周发给我"], anna, true); !strings.Contains(o.Toast, "每周") {
		t.Errorf("%+v", o)
	}
	if r := d.Command(t.Context(), "unanswered", anna, true); pressable(r.Choices)["不再每周发送"] == "" {
		t.Errorf("%v", r.Choices)
	}
	if s := flat(d.Command(t.Context(), "stats", anna, true)); !strings.Contains(s, "6 个问题，1 位读者") || !strings.Contains(s, "没有 6") {
		t.Error(s)
	}
}

func TestLimits(t *testing.T) {
	e := reporter()
	words, err := LoadWords("")
	if err != nil {
		t.Fatal(err)
	}
	d := NewDesk(e, nil, words, newStore(t), Options{PerMinute: 6}, slog.New(slog.DiscardHandler))
	ask := func(reader, text string) rag.Status {
		return d.Ask(t.Context(), Message{Front: "telegram", Reader: reader, Text: text}).Status
	}
	for range readerBurst {
		if s := ask("1", "食堂在哪里？"); s != rag.Answered {
			t.Fatal(s)
		}
	}
	if s := ask("1", "食堂在哪里？"); s != rag.Declined {
		t.Errorf("over the limit: %s", s)
	}
	if s := ask("1", "你好"); s != rag.Redirected {
		t.Errorf("small talk costs nothing: %s", s)
	}
	if s := ask("2", "食堂在哪里？"); s != rag.Answered {
		t.Errorf("another reader: %s", s)
	}
	if s := d.Ask(t.Context(), Message{Front: "api", Reader: "1", Program: true, Text: "食堂在哪里？"}).Status; s != rag.Answered {
		t.Errorf("a program: %s", s)
	}
}

// TestAConversationOutlivesARestart holds that a follow-up is understood by the
// next process.
func TestAConversationOutlivesARestart(t *testing.T) {
	folder := t.TempDir()
	words, err := LoadWords("")
	if err != nil {
		t.Fatal(err)
	}
	e := reporter()
	for i := range 2 {
		store, err := state.Open(folder, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		d := NewDesk(e, nil, words, store, Options{History: time.Hour}, slog.New(slog.DiscardHandler))
		m := anna
		m.Text = []string{"食堂在哪里？", "那里一餐多少钱？"}[i]
		d.Ask(t.Context(), m)
		if err := store.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if got := e.asked[1].History; len(got) != 1 || got[0].Question != "食堂在哪里？" {
		t.Errorf("%+v", got)
	}
}

func TestAlarms(t *testing.T) {
	e := reporter()
	words, err := LoadWords("")
	if err != nil {
		t.Fatal(err)
	}
	told := make(chan Alarm, 10)
	failing := failingEngine{engine: e}
	d := NewDesk(&failing, func(context.Context, func(int)) (*knowledge.Library, error) { return nil, os.ErrNotExist }, words, newStore(t), Options{}, slog.New(slog.DiscardHandler))
	d.OnAlarm(func(a Alarm, _ string) { told <- a })
	ask := func(n int, reason rag.Reason) {
		failing.reason = reason
		for range n {
			d.Ask(t.Context(), Message{Text: "食堂在哪里？"})
		}
	}
	expect := func(want ...Alarm) {
		t.Helper()
		for _, w := range want {
			select {
			case got := <-told:
				if got != w {
					t.Errorf("%s, want %s", got, w)
				}
			case <-time.After(5 * time.Second):
				t.Errorf("no %s", w)
			}
		}
		if len(told) > 0 {
			t.Errorf("and %s", <-told)
		}
	}
	ask(2, rag.Unavailable)
	ask(1, "")
	expect()
	ask(20, rag.Unavailable)
	expect(ModelFails)
	ask(3, "")
	expect(ModelWorks)
	d.Reload(t.Context())
	expect(ReloadFailed)
	d.Reload(t.Context())
	expect()
}

// failingEngine answers as if a model had failed, or written.
type failingEngine struct {
	*engine
	reason rag.Reason
}

func (f *failingEngine) Ask(context.Context, rag.Question) rag.Answer {
	if f.reason != "" {
		return rag.Answer{Status: rag.Answered, Method: rag.MethodExtractive, Failure: f.reason}
	}
	return rag.Answer{Status: rag.Answered, Method: "model"}
}

func TestWeeklyDigest(t *testing.T) {
	e := reporter()
	e.status = rag.NotFound
	d := newDesk(t, e, nil)
	m := anna
	m.Text = "东河镇的房价是多少？"
	d.Ask(t.Context(), m)
	now := time.Now()
	if _, due := d.Weekly(t.Context(), 1, "zh", now); due {
		t.Error("nobody asked for it")
	}
	act(t, d, "weekly:1", anna, true)
	for _, c := range []struct {
		after time.Duration
		due   bool
	}{{time.Hour, false}, {8 * 24 * time.Hour, true}, {9 * 24 * time.Hour, false}, {16 * 24 * time.Hour, true}} {
		r, due := d.Weekly(t.Context(), 1, "zh", now.Add(c.after))
		if due != c.due || due && (!strings.Contains(r.Text, "每周小结") || pressable(r.Choices)["不再每周发送"] == "") {
			t.Errorf("after %s: %t %s", c.after, due, flat(r))
		}
	}
	act(t, d, "weekly:0", anna, true)
	if _, due := d.Weekly(t.Context(), 1, "zh", now.Add(99*24*time.Hour)); due {
		t.Error("it was taken back")
	}
}
