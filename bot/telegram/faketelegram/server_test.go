package faketelegram

import (
	"bytes"
	"encoding/json"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

const token = "1:abc"

type response struct {
	OK          bool            `json:"ok"`
	Code        int             `json:"error_code"`
	Description string          `json:"description"`
	Result      json.RawMessage `json:"result"`
	Parameters  struct {
		RetryAfter int `json:"retry_after"`
	} `json:"parameters"`
}

func call(t *testing.T, s *Server, method string, form url.Values) response {
	t.Helper()
	resp, err := http.PostForm(s.URL+"/bot"+token+"/"+method, form)
	return decode(t, resp, err)
}

func decode(t *testing.T, resp *http.Response, err error) (r response) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(&r); err != nil {
		t.Fatal(err)
	}
	if want := map[bool]int{true: 200, false: r.Code}[r.OK]; resp.StatusCode != want {
		t.Errorf("status %d with error_code %d", resp.StatusCode, r.Code)
	}
	return r
}

func TestParseHTML(t *testing.T) {
	for in, want := range map[string]string{
		`a &lt;b&gt; &amp; &quot;c&quot; &#39;&#x4E2D;`: `a <b> & "c" '中 []`,
		`<b>🎋</b>中<i>x</i>`:                             `🎋中x [{bold 0 2 } {italic 3 1 }]`,
		`<a href="https://x/?a=1&amp;b=2">[1]</a>`:      `[1] [{text_link 0 3 https://x/?a=1&b=2}]`,
		`<blockquote expandable>q</blockquote><B></b>`:  `q [{expandable_blockquote 0 1 }]`,
		`<b><i>x</i>y</b>`:                              `xy [{bold 0 2 } {italic 0 1 }]`,
		`<a>no address</a>`:                             `no address []`,
		`<p>x</p>`:                                      `!Unsupported start tag "p" at byte offset 0`,
		`1 < 2 > 0`:                                     `!Unsupported start tag "" at byte offset 2`,
		`a <b`:                                          `!Unclosed start tag at byte offset 2`,
		`a</b>`:                                         `!Unexpected end tag at byte offset 1`,
		`<b>a</i>`:                                      `!Unmatched end tag at byte offset 4, expected "</b>", found "</i>"`,
		`<b>a`:                                          `!Can't find end tag corresponding to start tag "b"`,
		`a & b`:                                         `!Unescaped & at byte offset 2`,
		`&nbsp;`:                                        `!Unescaped & at byte offset 0`,
		`<b x>a</b>`:                                    `!Expected equal sign in declaration of an attribute of the tag "b" at byte offset 0`,
		`<a href="https://x" "y">a</a>`:                 `!Empty attribute name in the tag "a" at byte offset 0`,
	} {
		text, entities, err := ParseHTML(in)
		got := fmt.Sprint(text, " ", entities)
		if err != nil {
			got = "!" + strings.TrimPrefix(err.Error(), "Bad Request: can't parse entities: ")
		}
		if got != want {
			t.Errorf("%s\n got %s\nwant %s", in, got, want)
		}
	}
}

func TestMessagesAreChecked(t *testing.T) {
	s := NewServer(token)
	defer s.Close()
	s.Know(7)
	html := func(text string) url.Values { return url.Values{"text": {text}, "parse_mode": {"HTML"}} }
	buttons := func(b string) url.Values {
		return url.Values{"text": {"x"}, "reply_markup": {`{"inline_keyboard":[[` + b + `]]}`}}
	}
	for name, c := range map[string]struct {
		form url.Values
		want string // "" is sent
	}{
		"plain":        {url.Values{"text": {"<a & b>"}}, ""},
		"4096":         {html(strings.Repeat("<b>🎋</b>", 90) + strings.Repeat("字", 4096-180)), ""},
		"4097":         {html(strings.Repeat("字", 4097)), "message is too long"},
		"4096 and 🎋":   {html(strings.Repeat("字", 4095) + "🎋"), "message is too long"},
		"empty":        {html("<b> \n</b>"), "message text is empty"},
		"nothing":      {url.Values{}, "message text is empty"},
		"bad tag":      {html("<p>x"), `can't parse entities: Unsupported start tag "p" at byte offset 0`},
		"UTF-8":        {url.Values{"text": {"\xff"}}, "text must be encoded in UTF-8"},
		"mode":         {url.Values{"text": {"x"}, "parse_mode": {"XML"}}, "unsupported parse_mode"},
		"entities":     {html(`<a href="https://x/` + strings.Repeat("a", 9500) + `">x</a>`), "ENTITIES_TOO_LONG"},
		"64 bytes":     {buttons(`{"text":"a","callback_data":"` + strings.Repeat("a", 64) + `"}`), ""},
		"65 bytes":     {buttons(`{"text":"a","callback_data":"` + strings.Repeat("a", 65) + `"}`), "BUTTON_DATA_INVALID"},
		"local button": {buttons(`{"text":"a","url":"http://localhost/"}`), "inline keyboard button URL 'http://localhost/' is invalid: Wrong HTTP URL"},
		"button":       {buttons(`{"text":"a","url":"https://x.example/"}`), ""},
		"thread":       {url.Values{"text": {"x"}, "message_thread_id": {"5"}}, "message thread not found"},
		"reply":        {url.Values{"text": {"x"}, "reply_parameters": {`{"message_id":99}`}}, "message to be replied not found"},
		"reply or not": {url.Values{"text": {"x"}, "reply_parameters": {`{"message_id":99,"allow_sending_without_reply":true}`}}, ""},
		"chat":         {url.Values{"text": {"x"}, "chat_id": {"8"}}, "chat not found"},
	} {
		if !c.form.Has("chat_id") {
			c.form.Set("chat_id", "7")
		}
		r := call(t, s, "sendMessage", c.form)
		if c.want == "" && !r.OK || c.want != "" && r.Description != "Bad Request: "+c.want {
			t.Errorf("%s: %t %s", name, r.OK, r.Description)
		}
	}
	edit := url.Values{"chat_id": {"7"}, "message_id": {fmt.Sprint(s.Sent(7)[0].ID)}, "text": {"another"}}
	if r := call(t, s, "editMessageText", edit); !r.OK {
		t.Error(r.Description)
	}
	if r := call(t, s, "editMessageText", edit); !strings.HasPrefix(r.Description, "Bad Request: message is not modified") {
		t.Errorf("%t %s", r.OK, r.Description)
	}
	if r := call(t, s, "setMyCommands", url.Values{"commands": {`[{"command":"Help","description":"x"}]`}}); r.Description != "Bad Request: BOT_COMMAND_INVALID" {
		t.Error(r.Description)
	}
	if r := call(t, s, "sendGift", nil); r.Code != 404 {
		t.Error(r.Description)
	}
}

func TestRequestForms(t *testing.T) {
	s := NewServer(token)
	defer s.Close()
	s.Know(7)
	address := s.URL + "/bot" + token + "/sendMessage"
	resp, err := http.Post(address, "application/json", strings.NewReader(`{"chat_id":7,"text":"json","link_preview_options":{"is_disabled":true}}`))
	decode(t, resp, err)
	var b bytes.Buffer
	form := multipart.NewWriter(&b)
	_ = form.WriteField("chat_id", "7")
	_ = form.WriteField("text", "multipart")
	_ = form.Close()
	resp, err = http.Post(address, form.FormDataContentType(), &b)
	decode(t, resp, err)
	resp, err = http.Get(address + "?chat_id=7&text=query")
	decode(t, resp, err)
	m := s.Sent(7)
	if len(m) != 3 || m[0].Text+m[1].Text+m[2].Text != "jsonmultipartquery" || m[0].Preview || !m[1].Preview {
		t.Errorf("%+v", m)
	}
	for path, code := range map[string]int{"/bot2:wrong/getMe": 401, "/botnonsense/getMe": 404} {
		resp, err := http.Get(s.URL + path)
		if r := decode(t, resp, err); r.Code != code {
			t.Errorf("%s: %d %s", path, r.Code, r.Description)
		}
	}
}

func TestUpdatesComeUntilAcknowledged(t *testing.T) {
	s := NewServer(token)
	defer s.Close()
	get := func(offset int64, timeout int) (ids []int64) {
		t.Helper()
		r := call(t, s, "getUpdates", url.Values{"offset": {fmt.Sprint(offset)}, "timeout": {fmt.Sprint(timeout)}, "allowed_updates": {`["message"]`}})
		var updates []struct {
			ID int64 `json:"update_id"`
		}
		if err := json.Unmarshal(r.Result, &updates); err != nil {
			t.Fatal(err, r.Description)
		}
		for _, u := range updates {
			ids = append(ids, u.ID)
		}
		return ids
	}
	start := time.Now()
	if ids := get(0, 1); len(ids) != 0 || time.Since(start) < time.Second {
		t.Errorf("%v after %s", ids, time.Since(start))
	}
	s.SendText(7, "a")
	s.SendText(7, "b")
	s.Push("edited_message", 7, "c")
	first := get(0, 5)
	if again := get(0, 5); len(first) != 2 || fmt.Sprint(again) != fmt.Sprint(first) {
		t.Errorf("%v, then %v", first, again)
	}
	if rest := get(first[0]+1, 5); len(rest) != 1 || rest[0] != first[1] || s.Pending() != 1 {
		t.Errorf("%v, %d pending", rest, s.Pending())
	}
	ended := make(chan response)
	go func() { ended <- call(t, s, "getUpdates", url.Values{"offset": {"999"}, "timeout": {"20"}}) }()
	if err := s.WaitCalls(t.Context(), "getUpdates", 5); err != nil {
		t.Fatal(err)
	}
	for len(ended) == 0 { // until the second poll was the later one
		get(999, 0)
		select {
		case r := <-ended:
			if r.Code != 409 {
				t.Errorf("%d %s", r.Code, r.Description)
			}
			return
		case <-time.After(10 * time.Millisecond):
		}
	}
}

func TestEntitiesOfReaders(t *testing.T) {
	for in, want := range map[string]string{
		"/help":               "[{bot_command 0 5 }]",
		"请问 /help":            "[{bot_command 3 5 }]",
		"👋 /help@x_bot a":     "[{bot_command 3 11 }]",
		"请问/help":             "[]",
		"@x_bot 好":            "[{mention 0 6 }]",
		"a@x_bot.org":         "[]",
		"看 /home/user 和 </b>": "[]",
	} {
		if got := fmt.Sprint(findEntities(in)); got != want {
			t.Errorf("%q: %s, want %s", in, got, want)
		}
	}
}
