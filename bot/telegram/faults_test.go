package telegram

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"xiangwen/bot"
	"xiangwen/bot/telegram/faketelegram"
	"xiangwen/rag"
)

func TestWrongToken(t *testing.T) {
	t.Parallel()
	s := faketelegram.NewServer(token)
	t.Cleanup(s.Close)
	for wrong, want := range map[string]string{
		"123456789:AAF-another_secret": "telegram: getMe: Unauthorized (check TELEGRAM_BOT_TOKEN)",
		"another_secret":               "telegram: getMe: Not Found (check TELEGRAM_BOT_TOKEN)",
		"1:another_secret\n2":          "telegram: the token is empty or has characters that no token has (check TELEGRAM_BOT_TOKEN)",
		"  ":                           "telegram: the token is empty or has characters that no token has (check TELEGRAM_BOT_TOKEN)",
	} {
		logs := &logBook{}
		_, err := New(t.Context(), Config{Token: wrong, APIURL: s.URL}, newStub(t), slog.New(slog.NewTextHandler(logs, nil)))
		if err == nil || err.Error() != want {
			t.Errorf("%q: %v, want %s", wrong, err, want)
		}
		if len(logs.with("another_secret")) > 0 {
			t.Error("the token was logged")
		}
	}
	if f, err := New(t.Context(), Config{Token: " " + token + "\n", APIURL: s.URL + "/"}, newStub(t), slog.New(slog.DiscardHandler)); err != nil || f == nil {
		t.Errorf("white space around the token: %v", err)
	}
}

func TestNewSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	s := faketelegram.NewServer(token)
	address := s.URL
	s.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	for want, cfg := range map[string]Config{
		"connection refused":  {APIURL: address},
		"TELEGRAM_API_URL":    {APIURL: "localhost:80"},
		"XIANGWEN_PUBLIC_URL": {APIURL: address, PublicURL: "ftp://x"},
	} {
		cfg.Token = token
		_, err := New(ctx, cfg, newStub(t), slog.New(slog.DiscardHandler))
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

func TestRedact(t *testing.T) {
	t.Parallel()
	tr := newTransport("https://x", token, time.Second, slog.New(slog.DiscardHandler))
	_, secret, _ := strings.Cut(token, ":")
	in := fmt.Sprintf(`Post "https://x/bot%s/getMe": %s and %s`, token, url.QueryEscape(token), secret)
	if got := tr.redact(in); got != `Post "https://x/bot***/getMe": *** and ***` {
		t.Error(got)
	}
	if got := newTransport("", "1:a", 0, nil).redact("a banana"); got != "a banana" {
		t.Error(got)
	}
}

func TestFaultsOnSending(t *testing.T) {
	t.Parallel()
	reset := faketelegram.Fault{Reset: true}
	for name, c := range map[string]struct {
		faults []faketelegram.Fault
		least  time.Duration
		calls  int // of sendMessage
		sent   int
		log    string
	}{
		"429":           {[]faketelegram.Fault{faketelegram.TooMany(1)}, time.Second, 2, 1, ""},
		"429 twice":     {[]faketelegram.Fault{faketelegram.TooMany(1), faketelegram.TooMany(1)}, 2 * time.Second, 3, 1, ""},
		"429 often":     {[]faketelegram.Fault{faketelegram.TooMany(1), faketelegram.TooMany(1), faketelegram.Broken(502), faketelegram.TooMany(1), faketelegram.TooMany(1)}, 4 * time.Second, 6, 1, ""},
		"429 too long":  {[]faketelegram.Fault{faketelegram.TooMany(3600)}, 0, 1, 0, "a reply could not be sent"},
		"5xx":           {[]faketelegram.Fault{faketelegram.Broken(502)}, 100 * time.Millisecond, 2, 1, ""},
		"5xx page":      {[]faketelegram.Fault{{Status: 504, Page: "<html>Gateway Timeout"}}, 100 * time.Millisecond, 2, 1, ""},
		"reset":         {[]faketelegram.Fault{reset}, 100 * time.Millisecond, 2, 1, ""},
		"always":        {[]faketelegram.Fault{reset, reset, faketelegram.Broken(500), reset, reset}, 0, 5, 0, "a reply could not be sent"},
		"markup":        {[]faketelegram.Fault{faketelegram.Refused(`can't parse entities: Unsupported start tag "x" at byte offset 0`)}, 0, 2, 1, "the plain text goes out"},
		"button":        {[]faketelegram.Fault{faketelegram.Refused("inline keyboard button URL 'http://localhost/' is invalid: Wrong HTTP URL")}, 0, 2, 1, "the buttons"},
		"blocked":       {[]faketelegram.Fault{faketelegram.Blocked()}, 0, 1, 0, "can't be reached"},
		"other refusal": {[]faketelegram.Fault{faketelegram.Refused("not enough rights to send text messages to the chat")}, 0, 1, 0, "not enough rights"},
		"moved":         {[]faketelegram.Fault{faketelegram.Migrated(-1007)}, 0, 2, 0, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			desk := newStub(t)
			desk.ask = func(context.Context, bot.Message) rag.Answer { return answer() }
			r := newRig(t, desk, func(c *Config) { c.PublicURL = "https://xiangwen.example" })
			r.Know(-1007)
			r.Fail("sendMessage", c.faults...)
			start := time.Now()
			r.SendText(-7, "/ask 隧道有多长？")
			ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
			defer cancel()
			if err := r.WaitCalls(ctx, "sendMessage", c.calls); err != nil {
				t.Fatal(err)
			}
			if err := r.stop(); err != nil {
				t.Fatal(err)
			}
			calls := r.Calls("sendMessage")
			if took := calls[len(calls)-1].At.Sub(start); len(calls) != c.calls || took < c.least {
				t.Errorf("%d calls, the last after %s", len(calls), took)
			}
			sent := r.Sent(-7)
			if len(sent) != c.sent {
				t.Fatalf("%d messages", len(sent))
			}
			if c.log != "" && len(r.logs.with(c.log)) != 1 {
				t.Errorf("the log has not once %q:\n%s", c.log, strings.Join(r.logs.lines(), "\n"))
			}
			switch name {
			case "moved":
				if m := r.Sent(-1007); len(m) != 1 {
					t.Errorf("%d messages in the new chat", len(m))
				}
			case "markup":
				if m := sent[0]; m.ParseMode != "" || !strings.HasPrefix(m.Text, "增收<16>万余元 & 更多。[1]") || len(m.Buttons) != 2 || m.Preview {
					t.Errorf("%+v", m)
				}
			case "button":
				if m := sent[0]; m.ParseMode != "HTML" || len(m.Buttons) != 0 {
					t.Errorf("%+v", m)
				}
			}
		})
	}
}

// A public URL that only works on this machine is refused by Telegram.
func TestLocalPublicURL(t *testing.T) {
	t.Parallel()
	desk := newStub(t)
	desk.ask = func(context.Context, bot.Message) rag.Answer { return answer() }
	r := newRig(t, desk, func(c *Config) { c.PublicURL = "http://localhost:8080" })
	r.SendText(7, "隧道？")
	if m := r.got(7, 1)[0]; m.ParseMode != "HTML" || len(m.Buttons) != 0 {
		t.Errorf("%+v", m)
	}
}

func TestEdit(t *testing.T) {
	t.Parallel()
	r := newRig(t, newStub(t), nil)
	r.SendText(7, "x")
	id := r.got(7, 1)[0].ID
	f := &Front{log: slog.New(slog.DiscardHandler)}
	var err error
	if f.client, err = connect(t.Context(), Config{Token: token, APIURL: r.URL}, f.log); err != nil {
		t.Fatal(err)
	}
	for i, c := range []outgoing{{html: "<b>new</b>", text: "new"}, {html: "<b>new</b>", text: "new"}, {text: "newer"}} {
		c.chat, c.edits = 7, id
		if _, _, err := f.post(t.Context(), c); err != nil {
			t.Errorf("edit %d: %v", i, err)
		}
	}
	if m := r.Sent(7); len(m) != 1 || m[0].Text != "newer" || m[0].Edits != 2 {
		t.Errorf("%+v", m)
	}
	if _, e := f.client.send(t.Context(), outgoing{chat: 7, edits: id, text: "newer"}); kindOf(e) != unmodified {
		t.Errorf("the server did not object: %v", e)
	}
	if _, _, err := f.post(t.Context(), outgoing{chat: 7, edits: 12345, text: "x"}); err != nil { // deleted meanwhile: a new one instead
		t.Error(err)
	}
}

func TestPanicIsAnswered(t *testing.T) {
	t.Parallel()
	for language, want := range map[string]string{"zh": "出了点问题", "en": "Something went wrong"} {
		desk := newStub(t)
		desk.ask = func(_ context.Context, m bot.Message) rag.Answer {
			if m.Text == "boom" {
				panic("隧道 of " + m.Text)
			}
			var none []int
			return rag.Answer{Text: fmt.Sprint(none[len(m.Text)])}
		}
		r := newRig(t, desk, nil)
		for i, q := range []string{"boom", "bang", "boom"} {
			r.SendText(7, q, faketelegram.Language(language))
			if m := r.got(7, i+1)[i]; !strings.HasPrefix(m.Text, want) {
				t.Errorf("%q", m.Text)
			}
		}
		if lines := r.logs.with("could not be answered"); len(lines) != 3 || !strings.Contains(lines[0], "faults_test.go") {
			t.Errorf("%d lines: %s", len(lines), lines)
		}
		if len(r.logs.with("index out of range")) == 0 {
			t.Error("the fault was not logged")
		}
	}
}

func TestPollFaults(t *testing.T) {
	t.Parallel()
	s := faketelegram.NewServer(token)
	t.Cleanup(s.Close)
	conflict := faketelegram.Fault{Status: 409, Description: "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"}
	s.Fail("getUpdates", conflict, faketelegram.TooMany(1), faketelegram.Fault{Reset: true},
		faketelegram.Fault{Status: 502, Page: "<html>隧道"}, faketelegram.Fault{Status: 200, Page: "{隧道"})
	s.SendText(7, "x")
	r := runRig(t, s, newStub(t), nil)
	r.got(7, 1)
	if lines := r.logs.with("polling Telegram failed"); len(lines) != 1 || !strings.Contains(lines[0], "terminated by other getUpdates") {
		t.Errorf("%d lines, want 1: %s", len(lines), lines)
	}
	if len(r.logs.with("works again")) != 1 {
		t.Error("the recovery was not logged once")
	}
	calls := s.Calls("getUpdates")
	if waited := calls[2].At.Sub(calls[1].At); waited < time.Second {
		t.Errorf("polled %s after a 429 that asked for a second", waited)
	}
}

func TestUnreadableUpdateIsSkipped(t *testing.T) {
	t.Parallel()
	r := newRig(t, newStub(t), nil)
	r.SendText(7, "a", faketelegram.Field("forward_origin", map[string]any{"type": "a kind of tomorrow"}))
	r.SendText(7, "b")
	if m := r.got(7, 1)[0]; m.Text != "answer to: b" {
		t.Errorf("%q", m.Text)
	}
	if len(r.logs.with("could not be read")) != 1 {
		t.Error("not logged")
	}
}

// Replies that were started when the shutdown came are sent, those not taken
// over come again after the next start, and none comes twice.
func TestShutdownFinishesReplies(t *testing.T) {
	t.Parallel()
	desk := newStub(t)
	asked, release := make(chan struct{}, 10), make(chan struct{})
	desk.ask = func(ctx context.Context, m bot.Message) rag.Answer {
		asked <- struct{}{}
		select {
		case <-release:
		case <-ctx.Done():
			return rag.Answer{Text: "cut off"}
		}
		return rag.Answer{Text: "answer to: " + m.Text}
	}
	s := faketelegram.NewServer(token)
	t.Cleanup(s.Close)
	for _, chat := range []int64{1, 2, 1, 3, 4} { // one batch, two workers
		s.SendText(chat, fmt.Sprint("q", chat))
	}
	r := runRig(t, s, desk, func(c *Config) { c.Workers = 2 })
	<-asked
	<-asked
	s.Fail("sendMessage", faketelegram.Broken(500))
	ended := make(chan error)
	go func() { ended <- r.stop() }()
	select {
	case err := <-ended:
		t.Fatalf("Run ended before the replies: %v", err)
	case <-time.After(100 * time.Millisecond):
	}
	close(release)
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	count := func() string { return fmt.Sprint(len(s.Sent(1)), len(s.Sent(2)), len(s.Sent(3)), len(s.Sent(4))) }
	// The second message of chat 1 may or may not have been taken over in time.
	if got := count(); got != "2 1 0 0" && got != "1 1 0 0" {
		t.Errorf("messages sent: %s", got)
	}
	r = runRig(t, s, desk, nil)
	r.got(3, 1)
	r.got(4, 1)
	r.got(1, 2)
	r.silent(5, 0)
	if err := r.stop(); err != nil {
		t.Fatal(err)
	}
	if got := count(); got != "2 1 1 1" || s.Pending() != 0 {
		t.Errorf("messages sent after the restart: %s, %d pending", got, s.Pending())
	}
}

func TestSlowChatHoldsOneWorker(t *testing.T) {
	t.Parallel()
	desk := newStub(t)
	release := make(chan struct{})
	desk.ask = func(_ context.Context, m bot.Message) rag.Answer {
		if strings.HasPrefix(m.Text, "slow") {
			<-release
		}
		return rag.Answer{Text: m.Text}
	}
	r := newRig(t, desk, func(c *Config) { c.Workers = 2 })
	for i := range laneDepth + 5 { // one at work, laneDepth waiting, the others too many
		r.SendText(1, fmt.Sprint("slow", i))
	}
	for i := range 30 {
		r.SendText(int64(100+i%3), fmt.Sprint(i))
	}
	for chat := range int64(3) {
		for i, m := range r.got(100+chat, 10) {
			if want := fmt.Sprint(int64(i)*3 + chat); m.Text != want {
				t.Errorf("chat %d: message %d is %q, want %q", chat, i, m.Text, want)
			}
		}
	}
	if n := len(r.Sent(1)); n != 0 {
		t.Fatalf("%d slow answers", n)
	}
	close(release)
	m := r.got(1, laneDepth+2)
	for i := range laneDepth + 1 {
		if m[i].Text != fmt.Sprint("slow", i) {
			t.Errorf("message %d is %q", i, m[i].Text)
		}
	}
	if last := m[laneDepth+1].Text; last != "现在问的人太多，请稍等片刻再试。" {
		t.Errorf("the last message is %q", last)
	}
	r.silent(1, laneDepth+2)
}

func TestTypingIsKeptAlive(t *testing.T) {
	t.Parallel()
	desk := newStub(t)
	r := newRig(t, desk, func(c *Config) { c.Admins = []int64{7} })
	desk.command = func(ctx context.Context, name string, _ bot.Message, _ bool) string {
		if err := r.WaitCalls(ctx, "sendChatAction", 2); err != nil { // the second comes after 4 s
			return "typing was not kept alive"
		}
		return "done"
	}
	r.Fail("sendChatAction", faketelegram.Broken(500))
	r.SendText(7, "/reload")
	m := r.got(7, 1)[0]
	calls := r.Calls("sendChatAction")
	if gap := calls[1].At.Sub(calls[0].At); m.Text != "done" || gap < 3*time.Second || gap > 6*time.Second {
		t.Errorf("%q, %s between two", m.Text, gap)
	}
	if err := r.stop(); err != nil {
		t.Fatal(err)
	}
	if n := len(r.Calls("sendChatAction")); n != 2 {
		t.Errorf("%d typing actions", n)
	}
}

func TestLanesKeepOrder(t *testing.T) {
	t.Parallel()
	l := newLanes(3)
	var mu sync.Mutex
	var at [5]int
	var atWork, most atomic.Int32
	for i := range 2000 {
		lane := i % 5
		job := func() {
			n := atWork.Add(1)
			defer atWork.Add(-1)
			for old := most.Load(); n > old && !most.CompareAndSwap(old, n); old = most.Load() {
			}
			mu.Lock()
			defer mu.Unlock()
			if at[lane] != i/5 {
				t.Errorf("lane %d: job %d in place %d", lane, i/5, at[lane])
			}
			at[lane]++
		}
		for !l.add(t.Context(), fmt.Sprint(lane), job, func() { t.Error("full") }) {
		}
		if i%50 == 49 && !l.wait(10*time.Second) { // before a lane is full
			t.Fatal("jobs hang")
		}
	}
	if most.Load() > 3 {
		t.Errorf("%d at work at once", most.Load())
	}
	done, cancel := context.WithCancel(t.Context())
	cancel()
	for range 50 { // select is free to choose
		if l.add(done, "x", func() {}, nil) {
			t.Fatal("a job was taken over after the end")
		}
	}
	hang := make(chan struct{})
	l.add(t.Context(), "x", func() { <-hang }, nil)
	if l.wait(10 * time.Millisecond) {
		t.Error("wait did not wait")
	}
	close(hang)
	if !l.wait(10 * time.Second) {
		t.Error("wait does not end")
	}
}

func TestThrottle(t *testing.T) {
	t.Parallel()
	var th throttle
	now := time.Now()
	for i, want := range []struct {
		after   time.Duration
		ok      bool
		skipped int
	}{{0, true, 0}, {time.Second, false, 0}, {59 * time.Second, false, 0}, {61 * time.Second, true, 2}, {62 * time.Second, false, 0}} {
		if skipped, ok := th.allow(now.Add(want.after)); ok != want.ok || skipped != want.skipped {
			t.Errorf("%d: %d %t", i, skipped, ok)
		}
	}
}

// What the library says of a response that it can't read holds the response.
func TestErrorsHoldNoMessages(t *testing.T) {
	t.Parallel()
	c := &client{wire: newTransport("https://x", token, time.Second, slog.New(slog.DiscardHandler))}
	if e := c.failure(errors.New("error decode response body for method getUpdates, {隧道, bad")); strings.Contains(e.Error(), "隧道") {
		t.Error(e)
	}
}

// A redirect would hand the token to another server.
func TestRedirectIsNotFollowed(t *testing.T) {
	t.Parallel()
	s := faketelegram.NewServer(token)
	t.Cleanup(s.Close)
	s.Fail("getMe", faketelegram.Fault{Status: http.StatusFound, Page: "moved"})
	_, err := New(t.Context(), Config{Token: token, APIURL: s.URL}, newStub(t), slog.New(slog.DiscardHandler))
	if err == nil || !strings.Contains(err.Error(), "302") {
		t.Error(err)
	}
}
