package telegram

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"xiangwen/bot"
	"xiangwen/bot/state"
	"xiangwen/bot/telegram/faketelegram"
	"xiangwen/knowledge"
	"xiangwen/knowledge/load"
	"xiangwen/knowledge/shelf"
	"xiangwen/rag"
	"xiangwen/rag/embed"
	"xiangwen/rag/index"
)

const editor = 9

// paper is a whole desk on a folder of articles.
type paper struct {
	*bot.Desk
	store  *state.Store
	folder string
}

func newPaper(t *testing.T, store *state.Store) *paper {
	t.Helper()
	p := &paper{store: store, folder: t.TempDir()}
	p.write(t, "bridge.md", "---\nid: bridge\ntitle: 新桥通车\nplace: 东河镇\nsource: 测试报\ndate: 2024-05-06\n---\n\n新桥全长900米，连接东河镇和西山村。桥上有两条车道。东河镇为新桥出资300万元。\n\n## 谁来修\n\n新桥由省路桥公司承建，工期两年。\n")
	p.write(t, "tea.md", "---\nid: tea\ntitle: 西山村种茶\nplace: 西山村\nsource: 测试报\ndate: 2024-06-07\n---\n\n西山村今年新种茶树三百亩。\n")
	words, err := bot.LoadWords("")
	if err != nil {
		t.Fatal(err)
	}
	s, err := shelf.New(p.folder)
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	read := func(ctx context.Context, told func(int)) (*knowledge.Library, error) {
		sources, err := load.Paths([]string{p.folder})
		if err != nil {
			return nil, err
		}
		return load.Load(ctx, sources, func(_ string, n int) { told(n) })
	}
	engine := rag.NewEngine(rag.Options{Embedder: embed.News, Index: index.Options{VectorWeight: 0.4}}, log)
	p.Desk = bot.NewDesk(engine, read, words, store, bot.Options{History: time.Hour, Shelf: s}, log)
	if _, err := p.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	return p
}

func (p *paper) write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(p.folder, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// newDeskRig is a bot of a whole desk.
func newDeskRig(t *testing.T) (*rig, *paper) {
	t.Helper()
	p := newPaper(t, newStore(t))
	r := newRig(t, p, func(c *Config) {
		c.Admins, c.Journal, c.NotifyEvery, c.PublicURL = []int64{editor}, p.store, 50*time.Millisecond, "https://paper.example"
	})
	return r, p
}

// button is the data of a message's button by its label.
func buttonOf(t *testing.T, m faketelegram.Message, label string) string {
	t.Helper()
	for _, row := range m.Buttons {
		for _, b := range row {
			if b.Text == label {
				return b.Callback
			}
		}
	}
	t.Fatalf("no button %q in %+v", label, m.Buttons)
	return ""
}

// press presses a button and returns the toast.
func (r *rig) press(m faketelegram.Message, label string, opts ...faketelegram.Option) string {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), 10*time.Second)
	defer cancel()
	toast, err := r.WaitToast(ctx, r.Press(m.Chat, m.ID, buttonOf(r.t, m, label), opts...))
	if err != nil {
		r.t.Fatal(err, label)
	}
	return toast.Text
}

// until waits until a condition holds.
func until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !holds(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("never: %s", what)
		}
	}
}

func (r *rig) newest(chat int64) faketelegram.Message {
	sent := r.Sent(chat)
	return sent[len(sent)-1]
}

func TestButtonsUnderAnAnswer(t *testing.T) {
	t.Parallel()
	r, p := newDeskRig(t)
	r.SendText(7, "新桥全长多少米？")
	m := r.got(7, 1)[0]
	r.press(m, "接着往下读")
	if more := r.got(7, 2)[1]; !strings.HasPrefix(more.Text, "桥上有两条车道。") {
		t.Errorf("%q", more.Text)
	}
	r.press(m, "📑 谁来修")
	if section := r.got(7, 3)[2]; !strings.HasPrefix(section.Text, "新桥由省路桥公司承建") {
		t.Errorf("%q", section.Text)
	}
	r.press(m, "相关报道")
	if related := r.got(7, 4)[3]; !strings.Contains(related.Text, "《新桥通车》") {
		t.Errorf("%q", related.Text)
	}
	if toast := r.press(m, "👎"); !strings.Contains(toast, "哪里不好") {
		t.Errorf("%q", toast)
	}
	until(t, "the reasons are offered", func() bool { return len(r.Sent(7)[0].Buttons[1]) == 3 })
	m = r.Sent(7)[0]
	if m.Buttons[0][0].URL == "" {
		t.Errorf("the other buttons are gone: %+v", m.Buttons)
	}
	if toast := r.press(m, "过时了"); !strings.Contains(toast, "谢谢") {
		t.Errorf("%q", toast)
	}
	until(t, "the reason is kept", func() bool {
		got, err := p.store.FeedbackList(t.Context(), time.Time{}, 9)
		return err == nil && len(got) == 1 && got[0].Reason == "outdated"
	})

	// In a group only the asker judges, and old buttons are answered politely.
	r.SendText(-5, "/ask 新桥全长多少米？", faketelegram.From(7))
	g := r.got(-5, 1)[0]
	if toast := r.press(g, "👍", faketelegram.From(8)); !strings.Contains(toast, "别人的按钮") {
		t.Errorf("%q", toast)
	}
	if toast := r.press(g, "👍", faketelegram.From(7)); !strings.Contains(toast, "谢谢") {
		t.Errorf("%q", toast)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	for data, want := range map[string]string{"up:0": "过期", "nonsense": "过期", "exclude:x": "别人的按钮"} {
		if toast, err := r.WaitToast(ctx, r.PressOld(7, 3, data)); err != nil || !strings.Contains(toast.Text, want) {
			t.Errorf("%s: %q %v", data, toast.Text, err)
		}
	}
}

func TestCommandsOfTheDesk(t *testing.T) {
	t.Parallel()
	r, _ := newDeskRig(t)
	say := func(text string) faketelegram.Message {
		t.Helper()
		n := len(r.Sent(7))
		r.SendText(7, text)
		return r.got(7, n+1)[n]
	}
	start := say("/start")
	r.press(start, start.Buttons[0][0].Text)
	if m := r.got(7, 2)[1]; len(m.Buttons) == 0 || !strings.Contains(m.Text, "出处") {
		t.Errorf("an example's answer: %q", m.Text)
	}
	if m := say("/latest"); !strings.Contains(m.Text, "· 西山村种茶 · 测试报 · 2024-06-07") || m.Entities[0].URL != "https://paper.example/articles/tea" {
		t.Errorf("%q %+v", m.Text, m.Entities)
	}
	topics := say("/topics")
	n := len(r.Sent(7))
	r.press(topics, "东河镇 · 1")
	topic := r.got(7, n+1)[n]
	if !strings.Contains(topic.Text, "新桥通车") {
		t.Errorf("%q", topic.Text)
	}
	r.press(topic, "🔔 关注")
	if m := r.got(7, n+2)[n+1]; !strings.Contains(m.Text, "有关于「东河镇」的新报道就告诉您") {
		t.Errorf("%q", m.Text)
	}
	language := say("/language")
	r.press(language, "English")
	until(t, "the message is in English", func() bool { return strings.Contains(r.newest(7).Text, "in English") })
	if m := say("/following"); !strings.HasPrefix(m.Text, "You follow:\n· 东河镇") {
		t.Errorf("%q", m.Text)
	}
	if m := say("/privacy"); !strings.Contains(m.Text, "keyed hash") {
		t.Errorf("%q", m.Text)
	}
	if m := say("/forget"); !strings.Contains(m.Text, "1 topics followed, 1 language settings") {
		t.Errorf("%q", m.Text)
	}
	if m := say("/following"); !strings.Contains(m.Text, "没有关注") {
		t.Errorf("%q", m.Text)
	}
	edit := len(r.Sent(7))
	r.Push("edited_message", 7, "新桥多长？")
	if m := r.got(7, edit+1)[edit]; !strings.Contains(m.Text, "请再发一次") {
		t.Errorf("%q", m.Text)
	}
}

func TestFollowUpsInAChat(t *testing.T) {
	t.Parallel()
	r, _ := newDeskRig(t)
	r.SendText(7, "新桥全长多少米？")
	r.got(7, 1)
	r.SendText(7, "它由谁承建？")
	if m := r.got(7, 2)[1]; !strings.HasPrefix(m.Text, "我理解的问题：新桥由谁承建？\n\n") || !strings.Contains(m.Text, "省路桥公司") {
		t.Errorf("%q", m.Text)
	}
	r.SendText(8, "它由谁承建？")
	if m := r.got(8, 1)[0]; strings.Contains(m.Text, "我理解的问题") {
		t.Errorf("another chat's words: %q", m.Text)
	}
}

func TestEditorsSendFiles(t *testing.T) {
	t.Parallel()
	r, p := newDeskRig(t)
	page := []byte("丁村办学\n\n丁村的小学办起来了，有三个班，一百二十名学生，老师来自县里。村里还给学生们修了操场。\n")
	r.SendFile(editor, "school.txt", page)
	offer := r.got(editor, 1)[0]
	if !strings.Contains(offer.Text, "认出 1 篇报道") || !strings.Contains(offer.Text, "丁村办学") || p.Library().Len() != 2 {
		t.Fatalf("%q, %d articles", offer.Text, p.Library().Len())
	}
	r.press(offer, "加入")
	until(t, "the article is in use", func() bool { return p.Library().Len() == 3 })
	until(t, "the report stands in place of the offer", func() bool { return strings.Contains(r.newest(editor).Text, "+1 −0") })
	for i, c := range []struct {
		send func()
		want string
	}{
		{func() { r.SendFile(editor, "photo.jpg", []byte("x")) }, "读不了"},
		{func() { r.SendFile(editor, "archive.txt", append([]byte("PK\x03\x04"), make([]byte, 900)...)) }, "认出 0 篇"},
		{func() { r.SendFile(editor, "large.txt", make([]byte, load.MaxFile+1)) }, "太大了"},
		{func() {
			r.SendText(editor, "", faketelegram.Media("photo", []any{map[string]any{"file_id": "1"}}))
		}, "照片"},
		{func() { r.SendFile(editor, "school.txt", page) }, "已经有了"},
	} {
		c.send()
		if m := r.got(editor, 2+i)[1+i]; !strings.Contains(m.Text, c.want) {
			t.Errorf("%d: %q, want %q", i, m.Text, c.want)
		}
	}
	r.SendFile(7, "school.txt", page)
	if m := r.got(7, 1)[0]; !strings.Contains(m.Text, "只看得懂文字") {
		t.Errorf("a stranger's file: %q", m.Text)
	}

	// Taking out asks again, and can be undone.
	n := len(r.Sent(editor))
	r.SendText(editor, "/exclude 西山村")
	found := r.got(editor, n+1)[n]
	r.press(found, "撤下 西山村种茶")
	until(t, "it asks again", func() bool { return strings.Contains(r.newest(editor).Text, "确定让") })
	r.press(r.newest(editor), "确定撤下")
	until(t, "the article is out", func() bool { return p.Library().Article("tea") == nil })
	until(t, "undo is offered", func() bool { return strings.Contains(r.newest(editor).Text, "已撤下") })
	r.press(r.newest(editor), "放回")
	until(t, "the article is back", func() bool { return p.Library().Article("tea") != nil })

	r.SendText(7, "火星上有多少人？")
	r.got(7, 2)
	n = len(r.Sent(editor))
	r.SendText(editor, "/unanswered")
	sent := r.got(editor, n+2)
	if !strings.Contains(sent[n].Text, "火星上有多少人？（1 次）") || sent[n+1].File == nil || !strings.Contains(string(sent[n+1].File.Data), "火星上有多少人？") {
		t.Errorf("%q %+v", sent[n].Text, sent[n+1].File)
	}
}

func TestFollowersAreToldOnce(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	open := func() *state.Store {
		s, err := state.Open(folder, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	store := open()
	p := newPaper(t, store)
	s := faketelegram.NewServer(token)
	t.Cleanup(s.Close)
	set := func(c *Config) { c.NotifyEvery = 20 * time.Millisecond }
	r := runRig(t, s, p, set)
	r.SendText(7, "/follow 东河镇")
	r.got(7, 1)
	p.write(t, "road.md", "---\nid: road\ntitle: 东河镇修路\nsource: 测试报\ndate: 2024-07-08\n---\n\n东河镇的新路通了。全长三公里。\n")
	if _, err := p.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	if m := r.got(7, 2)[1]; !strings.Contains(m.Text, "您关注的「东河镇」有新报道") || !strings.Contains(m.Text, "东河镇修路 · 测试报 · 2024-07-08") || !strings.Contains(m.Text, "东河镇的新路通了。") {
		t.Errorf("%q", m.Text)
	}
	if err := errors.Join(r.stop(), store.Close()); err != nil {
		t.Fatal(err)
	}
	store = open()
	defer store.Close()
	again := newPaper(t, store)
	again.write(t, "road.md", "---\nid: road\ntitle: 东河镇修路\nsource: 测试报\ndate: 2099-07-08\n---\n\n东河镇的新路通了。\n")
	r = runRig(t, s, again, set)
	if _, err := again.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	r.SendText(8, "x")
	r.got(8, 1)
	time.Sleep(200 * time.Millisecond) // several rounds of looking up
	r.silent(7, 2)
}

func TestComingAndGoing(t *testing.T) {
	t.Parallel()
	r, p := newDeskRig(t)
	r.Member(-5, true)
	if m := r.got(-5, 1)[0]; !strings.Contains(m.Text, "/ask") {
		t.Errorf("%q", m.Text)
	}
	follows := func(chat int64) bool {
		all, err := p.store.Following(t.Context(), chat)
		return err == nil && len(all) > 0
	}
	r.SendText(-5, "/follow@"+faketelegram.BotName+" 东河镇")
	r.got(-5, 2)
	r.Migrate(-5, -1005)
	until(t, "the follows have moved", func() bool { return follows(-1005) && !follows(-5) })
	r.Member(-1005, false)
	until(t, "the follows are gone", func() bool { return !follows(-1005) })
	r.SendText(7, "/follow 茶树")
	r.got(7, 1)
	r.Member(7, false)
	until(t, "a reader who blocked us follows nothing", func() bool { return !follows(7) })
}

func TestInline(t *testing.T) {
	t.Parallel()
	r, p := newDeskRig(t)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	a, err := r.WaitInline(ctx, r.Inline(7, "新桥全长多少米"))
	if err != nil || len(a.Results) < 2 || a.CacheTime <= 0 || !a.Personal {
		t.Fatalf("%+v %v", a, err)
	}
	if m := a.Results[0].Message; a.Results[0].Title != "新桥全长多少米" || !strings.Contains(a.Results[0].Description, "900米") || !strings.Contains(m.Text, "测试报 · 2024-05-06") {
		t.Errorf("%+v", a.Results[0])
	}
	if m := a.Results[1].Message; !strings.HasPrefix(m.Text, "新桥通车 · 测试报") {
		t.Errorf("%q", m.Text)
	}
	for _, text := range []string{"", "桥", strings.Repeat("长", 300)} {
		if a, err := r.WaitInline(ctx, r.Inline(7, text)); err != nil {
			t.Errorf("%.9q: %+v %v", text, a, err)
		}
	}
	if gaps, err := p.Gaps(t.Context(), time.Time{}); err != nil || len(gaps) != 0 {
		t.Errorf("what is typed counts as asked: %+v %v", gaps, err)
	}
}

// TestAnAnswerGrows holds what a reader sees while a model writes.
func TestAnAnswerGrows(t *testing.T) {
	t.Parallel()
	desk := newStub(t)
	desk.ask = func(_ context.Context, m bot.Message) rag.Answer {
		for i := range 5 {
			m.Said(fmt.Sprintf("第%d句。", i))
			time.Sleep(500 * time.Millisecond)
		}
		return rag.Answer{Status: rag.Answered, Text: "第0句。第1句。第2句。第3句。第4句。"}
	}
	r := newRig(t, desk, nil)
	r.SendText(7, "桥？")
	r.SendText(-7, "/ask 桥？")
	private := r.got(7, 1)
	r.got(-7, 1)
	drafts := r.Drafts(7)
	if len(drafts) < 2 || drafts[0].Text != "第0句。" || len(drafts[len(drafts)-1].Text) <= len(drafts[0].Text) || drafts[0].ID != drafts[1].ID {
		t.Errorf("drafts %+v", drafts)
	}
	if private[0].Text != "第0句。第1句。第2句。第3句。第4句。" || private[0].Edits != 0 {
		t.Errorf("%+v", private)
	}
	until(t, "the group's message is whole", func() bool { return r.Sent(-7)[0].Text == private[0].Text })
	if group := r.Sent(-7); len(group) != 1 || group[0].Edits < 1 || group[0].Edits > 4 || group[0].ReplyTo == 0 {
		t.Errorf("%+v", group)
	}

	// Where drafts are refused, the private chat's message is edited too.
	r.Fail("sendMessageDraft", faketelegram.Refused("TEXTDRAFT_PEER_INVALID"))
	r.SendText(8, "桥？")
	until(t, "the message is whole", func() bool { m := r.Sent(8); return len(m) == 1 && m[0].Text == private[0].Text })
	if m := r.Sent(8)[0]; m.Edits < 1 {
		t.Errorf("%+v", m)
	}
}

// TestWhatWasLeftIsAnswered holds that the updates of a killed process are answered
// by the next one, and that nothing is answered twice.
func TestWhatWasLeftIsAnswered(t *testing.T) {
	t.Parallel()
	store := newStore(t)
	p := newPaper(t, store)
	left := update{ID: 55, Message: &message{ID: 3, Chat: 7, Sender: 7, Language: "zh", Text: "新桥全长多少米？"}}
	payload, err := json.Marshal(left)
	if err != nil {
		t.Fatal(err)
	}
	entries := []state.JournalEntry{{ID: 55, Chat: 7, Payload: payload, At: time.Now()}, {ID: 56, Chat: 7, Payload: []byte("{"), At: time.Now()}}
	if _, err := store.JournalAdd(t.Context(), entries); err != nil {
		t.Fatal(err)
	}
	s := faketelegram.NewServer(token)
	t.Cleanup(s.Close)
	s.Know(7)
	r := runRig(t, s, p, func(c *Config) { c.Journal = store })
	if m := r.got(7, 1)[0]; !strings.Contains(m.Text, "900米") {
		t.Errorf("%q", m.Text)
	}
	r.PushRaw("message", map[string]any{"message": map[string]any{
		"message_id": 3, "date": 1, "chat": map[string]any{"id": 7, "type": "private"}, "text": "新桥全长多少米？",
		"from": map[string]any{"id": 7, "is_bot": false, "first_name": "x"},
	}})
	r.got(7, 2) // another update, though the same words
	until(t, "the journal is empty", func() bool {
		pending, err := store.JournalPending(t.Context())
		return err == nil && len(pending) == 0
	})
}

// slowJournal takes its time to note an update, and then looks whether Telegram was
// told meanwhile that it need not be kept.
type slowJournal struct {
	*state.Store
	calls func(method string) []faketelegram.Call
	early atomic.Int32 // updates that were acknowledged before they were noted
	noted atomic.Int32
}

func (j *slowJournal) JournalAdd(ctx context.Context, entries []state.JournalEntry) ([]bool, error) {
	time.Sleep(100 * time.Millisecond)
	for _, c := range j.calls("getUpdates") {
		if offset, _ := strconv.ParseInt(c.Form["offset"], 10, 64); offset > entries[0].ID {
			j.early.Add(1)
			break
		}
	}
	j.noted.Add(1)
	return j.Store.JournalAdd(ctx, entries)
}

// TestWhatIsAcknowledgedIsNoted holds that an update stays with Telegram until it is
// in the journal: a process that is killed between the two would lose it.
func TestWhatIsAcknowledgedIsNoted(t *testing.T) {
	t.Parallel()
	s := faketelegram.NewServer(token)
	t.Cleanup(s.Close)
	j := &slowJournal{Store: newStore(t), calls: s.Calls}
	s.SendText(7, "a") // a batch, of which the last can't be read
	s.SendText(8, "b")
	s.SendText(8, "x", faketelegram.Field("forward_origin", map[string]any{"type": "a kind of tomorrow"}))
	r := runRig(t, s, newStub(t), func(c *Config) { c.Journal = j })
	r.got(8, 1)
	r.SendText(9, "c") // alone
	r.got(9, 1)
	r.SendText(9, "d")
	r.got(9, 2)
	if err := r.stop(); err != nil {
		t.Fatal(err)
	}
	if j.noted.Load() != 4 || j.early.Load() > 0 || s.Pending() > 0 {
		t.Errorf("%d updates were noted, %d of them were acknowledged before, %d not at all", j.noted.Load(), j.early.Load(), s.Pending())
	}
	for chat, n := range map[int64]int{7: 1, 8: 1, 9: 2} {
		if sent := r.Sent(chat); len(sent) != n {
			t.Errorf("%d answers in chat %d, want %d", len(sent), chat, n)
		}
	}
}

func TestAdminsAreToldOnce(t *testing.T) {
	t.Parallel()
	r, p := newDeskRig(t)
	r.SendText(editor, "/help") // it runs
	r.got(editor, 1)
	if err := os.RemoveAll(p.folder); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if _, err := p.Reload(t.Context()); err == nil {
			t.Fatal("no error")
		}
	}
	if m := r.got(editor, 2)[1]; !strings.Contains(m.Text, "重新读取报道失败") {
		t.Errorf("%q", m.Text)
	}
	r.silent(editor, 2)
}

// TestInEnglish goes through what readers and editors see, in English.
func TestInEnglish(t *testing.T) {
	t.Parallel()
	r, _ := newDeskRig(t)
	english := faketelegram.Language("en-GB")
	sent := map[int64]int{}
	say := func(chat int64, text string) faketelegram.Message {
		t.Helper()
		r.SendText(chat, text, english)
		sent[chat]++
		return r.got(chat, sent[chat])[sent[chat]-1]
	}
	for _, c := range []struct {
		chat       int64
		text, want string
	}{
		{7, "/start", "I look things up in the local paper"}, {7, "/help", "/follow be told of new articles"}, {7, "/topics", "Which articles would you like to see?"},
		{7, "/latest", "The newest articles:"}, {7, "/follow", "What would you like to follow?"}, {7, "/follow 东河镇", "You will be told of new articles on “东河镇”"},
		{7, "/following", "You follow:"}, {7, "/sources", "I have read 2 articles:"}, {7, "/language", "Choose a language."}, {7, "/privacy", "keyed hash"},
		{7, "/exclude x", "There is no command /exclude"}, {7, "Who built the base on Mars?", "The paper did not report this."},
		{editor, "/help", "/unanswered questions without an answer"}, {editor, "/stats", "2 articles in"}, {editor, "/reload", "Nothing has changed: 2 articles"},
		{editor, "/exclude", "Please say which article"}, {editor, "/exclude 新桥", "Which one should no answer be taken from?"}, {editor, "/excluded", "No article is taken out."},
		{editor, "/unanswered", "Questions of the last week without an answer"},
	} {
		if m := say(c.chat, c.text); !strings.Contains(m.Text, c.want) {
			t.Errorf("%s: %q, want %q", c.text, m.Text, c.want)
		}
		if c.text == "/unanswered" {
			sent[c.chat]++ // the table
		}
	}
	m := say(7, "How long is the bridge? 新桥全长多少米？")
	if toast := r.press(m, "👎", english); !strings.Contains(toast, "What was wrong?") {
		t.Errorf("%q", toast)
	}
	r.SendFile(editor, "photo.jpg", []byte("x"), english)
	sent[editor]++
	if m := r.got(editor, sent[editor])[sent[editor]-1]; !strings.Contains(m.Text, "I can't read files of this kind") {
		t.Errorf("%q", m.Text)
	}
	if m := say(7, "/forget"); !strings.Contains(m.Text, "Deleted:") {
		t.Errorf("%q", m.Text)
	}
}
