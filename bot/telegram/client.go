package telegram

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync/atomic"
	"time"

	api "github.com/go-telegram/bot"
	"github.com/go-telegram/bot/models"
)

const (
	defaultAPI  = "https://api.telegram.org"
	defaultPoll = 50 * time.Second // below the 60 s after which proxies tend to cut idle requests
	callTimeout = 20 * time.Second // for one call that is not a poll
	maxResponse = 32 << 20         // bytes; a batch of 100 updates is far below
)

// client speaks the Bot API. It is the only one that knows the library, so the
// library's traps are handled here and no error that leaves it holds the token.
type client struct {
	api     *api.Bot
	wire    *transport
	log     *slog.Logger
	id      int64                              // our own user id
	name    string                             // our user name, without @
	handle  func(context.Context, update) bool // set by poll
	faults  throttle                           // of polling
	polling atomic.Pointer[context.Context]    // the running poll's, nil before it
	taken   atomic.Int64                       // id of the newest update that was taken over
}

// connect checks the token with getMe.
func connect(ctx context.Context, cfg Config, log *slog.Logger) (*client, error) {
	token := strings.TrimSpace(cfg.Token)
	if !regexp.MustCompile(`^[A-Za-z0-9:_-]+$`).MatchString(token) {
		// Such a token breaks the URL, and then net/url quotes it in its error.
		return nil, errors.New("telegram: the token is empty or has characters that no token has (check TELEGRAM_BOT_TOKEN)")
	}
	base := defaultAPI
	if cfg.APIURL != "" {
		base = strings.TrimRight(cfg.APIURL, "/")
	}
	if u, err := url.Parse(base); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, errors.New("telegram: the API URL is not an http or https address (check TELEGRAM_API_URL)")
	}
	poll := cfg.PollTimeout
	if poll <= 0 {
		poll = defaultPoll
	}
	c := &client{log: log, wire: newTransport(base, token, poll, log)}
	var err error
	c.api, err = api.New(token,
		api.WithServerURL(base),
		api.WithSkipGetMe(),                          // ours below has the caller's context and a better error
		api.WithHTTPClient(poll+time.Second, c.wire), // the library asks for a second less than it is told
		api.WithAllowedUpdates(api.AllowedUpdates{
			models.AllowedUpdateMessage, models.AllowedUpdateEditedMessage, models.AllowedUpdateCallbackQuery,
			models.AllowedUpdateInlineQuery, models.AllowedUpdateMyChatMember,
		}),
		// One synchronous worker on an unbuffered channel: the order is kept, and
		// an update is taken from Telegram only when the lanes have room for it. That
		// holds for the last of a batch too because of sift.
		api.WithWorkers(1), api.WithNotAsyncHandlers(), api.WithUpdatesChannelCap(0),
		api.WithDefaultHandler(c.update),
		api.WithErrorsHandler(c.pollFailed),
		api.WithDebugHandler(func(string, ...any) {}), // it would print whole messages
	)
	if err != nil {
		return nil, errors.New("telegram: " + c.wire.redact(err.Error()))
	}
	me, err := retry(ctx, func() (*models.User, error) {
		me, err := c.api.GetMe(ctx)
		return me, c.check(err)
	})
	switch {
	case kindOf(err) == badToken:
		return nil, fmt.Errorf("telegram: getMe: %w (check TELEGRAM_BOT_TOKEN)", err)
	case err != nil:
		return nil, fmt.Errorf("telegram: getMe: %w", err)
	}
	c.id, c.name = me.ID, me.Username
	return c, nil
}

// poll calls handle for every update, one after another, until ctx is done.
// handle returns false if it did not take the update over. poll is called once.
func (c *client) poll(ctx context.Context, handle func(context.Context, update) bool) {
	c.handle = handle
	c.polling.Store(&ctx)
	c.api.Start(ctx)
}

// update is called by the library for each update, one after another.
func (c *client) update(ctx context.Context, _ *api.Bot, u *models.Update) {
	if ctx.Err() != nil {
		return // stays with Telegram: it comes again after the next start
	}
	if u.ID == c.taken.Load() {
		return // the end of a batch, see sift
	}
	if c.handle(ctx, c.read(u)) {
		c.taken.Store(u.ID)
	}
}

// read keeps what we need of an update.
func (c *client) read(u *models.Update) update {
	out := update{ID: u.ID}
	switch {
	case u.Message != nil && u.Message.MigrateToChatID != 0:
		out.Member = &membership{Chat: u.Message.Chat.ID, MovedTo: u.Message.MigrateToChatID}
	case u.Message != nil:
		m := c.incoming(u.Message)
		out.Message = &m
	case u.EditedMessage != nil:
		m := c.incoming(u.EditedMessage)
		m.Edited = true
		out.Message = &m
	case u.CallbackQuery != nil:
		out.Press = c.press(u.CallbackQuery)
	case u.InlineQuery != nil && u.InlineQuery.From != nil:
		q := u.InlineQuery
		out.Typed = &typed{ID: q.ID, Sender: q.From.ID, Language: q.From.LanguageCode, Text: q.Query}
	case u.MyChatMember != nil:
		m := u.MyChatMember
		out.Member = &membership{Chat: m.Chat.ID, Private: m.Chat.Type == models.ChatTypePrivate, Language: m.From.LanguageCode}
		switch m.NewChatMember.Type {
		case models.ChatMemberTypeLeft, models.ChatMemberTypeBanned:
			out.Member.Gone = true
		case models.ChatMemberTypeMember, models.ChatMemberTypeAdministrator:
			out.Member.Added = m.OldChatMember.Type == models.ChatMemberTypeLeft || m.OldChatMember.Type == models.ChatMemberTypeBanned
		}
	}
	return out
}

// press keeps what we need of a pressed button.
func (c *client) press(q *models.CallbackQuery) *press {
	p := &press{Query: q.ID, Data: q.Data, Message: message{Sender: q.From.ID, Language: q.From.LanguageCode}}
	switch m := q.Message; {
	case m.Message != nil:
		in := c.incoming(m.Message)
		p.Message.ID, p.Message.Chat, p.Message.Group, p.Message.Thread = in.ID, in.Chat, in.Group, in.Thread
		if m.Message.IsTopicMessage || m.Message.Chat.IsForum {
			p.Message.Thread = m.Message.MessageThreadID
		}
		p.Message.Group = m.Message.Chat.Type != models.ChatTypePrivate
		if m.Message.ReplyMarkup != nil {
			for _, row := range m.Message.ReplyMarkup.InlineKeyboard {
				var buttons []button
				for _, b := range row {
					buttons = append(buttons, button{Text: b.Text, URL: b.URL, Data: b.CallbackData})
				}
				p.Buttons = append(p.Buttons, buttons)
			}
		}
	case m.InaccessibleMessage != nil:
		p.Message.ID, p.Message.Chat = m.InaccessibleMessage.MessageID, m.InaccessibleMessage.Chat.ID
		p.Message.Group = m.InaccessibleMessage.Chat.Type != models.ChatTypePrivate
		p.Gone = true
	}
	return p
}

// acknowledge tells Telegram what was taken over. The library does that only
// with its next poll, which the last one never has: without this, the messages
// answered last would be answered again after a restart.
func (c *client) acknowledge(ctx context.Context) error {
	taken := c.taken.Load()
	if taken == 0 {
		return nil
	}
	form := url.Values{"offset": {fmt.Sprint(taken + 1)}, "limit": {"1"}, "timeout": {"0"}}.Encode()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.wire.base+"/bot"+c.wire.token+"/getUpdates", strings.NewReader(form))
	if err != nil {
		return c.failure(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := c.wire.Do(req)
	if err != nil {
		return c.failure(err)
	}
	return resp.Body.Close()
}

// pollFailed is called in the library's poll loop, which then waits 0.1 to 5 s.
func (c *client) pollFailed(err error) {
	polling := c.polling.Load()
	if polling == nil || (*polling).Err() != nil {
		return // shutting down
	}
	e := c.failure(err)
	c.wire.failing.Store(true)
	if again, ok := c.faults.allow(time.Now()); ok {
		c.log.Warn("polling Telegram failed, trying on", "error", e, "not_logged", again)
	}
	if e.kind == throttled { // the library ignores retry_after
		select {
		case <-(*polling).Done():
		case <-time.After(e.after):
		}
	}
}

// incoming keeps what we need of a message.
func (c *client) incoming(m *models.Message) message {
	in := message{
		ID: m.ID, Chat: m.Chat.ID, Text: m.Text,
		Group: m.Chat.Type == models.ChatTypeGroup || m.Chat.Type == models.ChatTypeSupergroup,
		Media: m.Sticker != nil || m.Photo != nil || m.Voice != nil || m.Video != nil || m.VideoNote != nil || m.Animation != nil ||
			m.Audio != nil || m.Document != nil || m.Location != nil || m.Venue != nil || m.Contact != nil || m.Poll != nil ||
			m.Dice != nil || m.Game != nil || m.Story != nil || m.PaidMedia != nil || m.Checklist != nil,
	}
	if m.Chat.Type == models.ChatTypeChannel || m.Chat.IsDirectMessages || m.From == nil || m.IsAutomaticForward ||
		m.From.IsBot && m.SenderChat == nil { // an anonymous group admin writes as a bot, for a chat
		return message{ID: m.ID, Chat: m.Chat.ID, Ignore: true}
	}
	in.Sender, in.Language = m.From.ID, m.From.LanguageCode
	if m.IsTopicMessage || m.Chat.IsForum {
		in.Thread = m.MessageThreadID // elsewhere it only counts the replies to one message
	}
	// In a topic every message is a reply to the one that opened it.
	if r := m.ReplyToMessage; r != nil && r.From != nil && r.ForumTopicCreated == nil {
		in.ToUs = r.From.ID == c.id
	}
	if d := m.Document; d != nil {
		in.File = &document{d.FileID, d.FileName, d.FileSize}
	}
	entities := m.Entities
	if in.Text == "" {
		in.Text, entities = m.Caption, m.CaptionEntities
	}
	for _, e := range entities {
		if e.Type == models.MessageEntityTypeBotCommand {
			in.Commands = append(in.Commands, stretch{e.Offset, e.Length})
		}
	}
	return in
}

// keyboard is ours because the library's button sends an empty copy_text along.
type keyboard struct {
	Rows [][]button `json:"inline_keyboard"`
}

func replyMarkup(rows [][]button) models.ReplyMarkup {
	if len(rows) == 0 {
		return nil
	}
	return keyboard{rows}
}

var noPreview = &models.LinkPreviewOptions{IsDisabled: api.True()}

// send sends or edits one message, once, and returns its id. The error is a
// *callError.
func (c *client) send(ctx context.Context, m outgoing) (id int, err error) {
	text, mode := m.text, models.ParseMode("")
	if m.html != "" {
		text, mode = m.html, models.ParseModeHTML
	}
	var sent *models.Message
	switch {
	case m.file != nil:
		p := &api.SendDocumentParams{
			ChatID: m.chat, MessageThreadID: m.thread, ReplyMarkup: replyMarkup(m.buttons),
			Document: &models.InputFileUpload{Filename: m.file.Name, Data: bytes.NewReader(m.file.Data)},
		}
		sent, err = c.api.SendDocument(ctx, p)
	case m.edits != 0:
		_, err = c.api.EditMessageText(ctx, &api.EditMessageTextParams{
			ChatID: m.chat, MessageID: m.edits, Text: text, ParseMode: mode, LinkPreviewOptions: noPreview, ReplyMarkup: replyMarkup(m.buttons),
		})
		return m.edits, c.check(err)
	default:
		p := &api.SendMessageParams{
			ChatID: m.chat, MessageThreadID: m.thread, Text: text, ParseMode: mode, LinkPreviewOptions: noPreview, ReplyMarkup: replyMarkup(m.buttons),
		}
		if m.replyTo != 0 {
			p.ReplyParameters = &models.ReplyParameters{MessageID: m.replyTo, AllowSendingWithoutReply: true}
		}
		sent, err = c.api.SendMessage(ctx, p)
	}
	if err != nil {
		return 0, c.check(err)
	}
	return sent.ID, nil
}

// draft shows a text that is still growing in a private chat; it fades by itself.
// The same id other than 0 lets it grow.
func (c *client) draft(ctx context.Context, m outgoing, id int32) error {
	p := &api.SendMessageDraftParams{ChatID: m.chat, MessageThreadID: m.thread, DraftID: fmt.Sprint(id), Text: m.text}
	if m.html != "" {
		p.Text, p.ParseMode = m.html, models.ParseModeHTML
	}
	_, err := c.api.SendMessageDraft(ctx, p)
	return c.check(err)
}

// answer ends the waiting of a pressed button; toast may be "".
func (c *client) answer(ctx context.Context, query, toast string) error {
	_, err := c.api.AnswerCallbackQuery(ctx, &api.AnswerCallbackQueryParams{CallbackQueryID: query, Text: toast})
	return c.check(err)
}

// relabel changes the buttons of a message.
func (c *client) relabel(ctx context.Context, chat int64, id int, rows [][]button) error {
	p := &api.EditMessageReplyMarkupParams{ChatID: chat, MessageID: id}
	if rows != nil {
		p.ReplyMarkup = replyMarkup(rows)
	}
	_, err := c.api.EditMessageReplyMarkup(ctx, p)
	return c.check(err)
}

// offer answers what somebody types behind our name in another chat.
func (c *client) offer(ctx context.Context, query string, cards []card) error {
	p := &api.AnswerInlineQueryParams{InlineQueryID: query, CacheTime: cardsKept, IsPersonal: true, Results: []models.InlineQueryResult{}}
	for _, d := range cards {
		p.Results = append(p.Results, &models.InlineQueryResultArticle{
			ID: d.id, Title: d.title, Description: d.about,
			InputMessageContent: &models.InputTextMessageContent{MessageText: d.html, ParseMode: models.ParseModeHTML, LinkPreviewOptions: noPreview},
		})
	}
	_, err := c.api.AnswerInlineQuery(ctx, p)
	return c.check(err)
}

// download reads a file that was sent to us, at most most bytes of it.
func (c *client) download(ctx context.Context, file string, most int) ([]byte, error) {
	at, err := c.api.GetFile(ctx, &api.GetFileParams{FileID: file})
	if err != nil {
		return nil, c.check(err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.api.FileDownloadLink(at), nil)
	if err != nil {
		return nil, &callError{kind: refused, text: "the file's address is not valid"} // err holds the token
	}
	resp, err := c.wire.http.Do(req)
	if err != nil {
		return nil, c.wire.broken(req, err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, &callError{kind: refused, text: "download: HTTP status " + resp.Status}
	}
	data, err := io.ReadAll(io.LimitReader(resp.Body, int64(most)+1))
	if err != nil {
		return nil, c.wire.broken(req, err)
	}
	return data, nil
}

// typing shows "typing …" in a chat for about 5 s.
func (c *client) typing(ctx context.Context, chat int64, thread int) error {
	_, err := c.api.SendChatAction(ctx, &api.SendChatActionParams{ChatID: chat, MessageThreadID: thread, Action: models.ChatActionTyping})
	return c.check(err)
}

// menu sets the commands that Telegram offers, for a language ("" is all that
// have none of their own) and in one chat (0 is everywhere).
func (c *client) menu(ctx context.Context, language string, chat int64, items []menuItem) error {
	p := &api.SetMyCommandsParams{LanguageCode: language, Scope: &models.BotCommandScopeDefault{}}
	if chat != 0 {
		p.Scope = &models.BotCommandScopeChat{ChatID: chat}
	}
	for _, i := range items {
		p.Commands = append(p.Commands, models.BotCommand{Command: i.command, Description: i.about})
	}
	_, err := c.api.SetMyCommands(ctx, p)
	return c.check(err)
}

// dropWebhook makes polling possible where a webhook was set before.
func (c *client) dropWebhook(ctx context.Context) error {
	_, err := c.api.DeleteWebhook(ctx, &api.DeleteWebhookParams{})
	return c.check(err)
}

// check is nil for nil, otherwise failure.
func (c *client) check(err error) error {
	if err == nil {
		return nil
	}
	return c.failure(err)
}

// failure makes our error of the library's. Its text is Telegram's own where
// there is one; the library's may hold whole messages.
func (c *client) failure(err error) *callError {
	if e, ok := errors.AsType[*callError](err); ok { // from the transport
		return e
	}
	e := &callError{kind: refused, cause: err}
	if e429, ok := errors.AsType[*api.TooManyRequestsError](err); ok {
		e.kind, e.after = throttled, time.Duration(max(e429.RetryAfter, 1))*time.Second
		e.text = "Too Many Requests"
		return e
	}
	if moved, ok := errors.AsType[*api.MigrateError](err); ok {
		e.kind, e.chat, e.text = migrated, int64(moved.MigrateToChatID), "group chat was upgraded to a supergroup chat"
		return e
	}
	for sentinel, kind := range map[error]kind{
		api.ErrorForbidden: forbidden, api.ErrorBadRequest: refused, api.ErrorUnauthorized: badToken,
		api.ErrorNotFound: badToken, api.ErrorConflict: temporary,
	} {
		if errors.Is(err, sentinel) {
			_, said, _ := strings.Cut(err.Error(), sentinel.Error()+", ")
			e.kind, e.text = kind, c.wire.redact(said)
		}
	}
	switch {
	case e.text == "":
		e.text = "the response could not be understood"
	case e.kind == refused:
		e.kind = refusal(e.text)
	}
	return e
}

// transport carries the library's requests. It bounds and reads the responses,
// types the failures of the network, and takes the token out of every error.
type transport struct {
	base, token string
	poll        time.Duration
	http        *http.Client
	log         *slog.Logger
	failing     atomic.Bool // the last poll failed
}

var _ api.HttpClient = (*transport)(nil)

func newTransport(base, token string, poll time.Duration, log *slog.Logger) *transport {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.MaxIdleConnsPerHost = 16 // all requests go to one host
	return &transport{base: base, token: token, poll: poll, log: log, http: &http.Client{
		Transport: t,
		// A redirect would carry the token along in Referer.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// Do sends a request. Its errors are *callError; a 4xx in Telegram's JSON form
// is a response, for the library to read.
func (t *transport) Do(req *http.Request) (*http.Response, error) {
	polls := strings.HasSuffix(req.URL.Path, "/getUpdates")
	limit := callTimeout
	if polls {
		limit += t.poll
	}
	ctx, cancel := context.WithTimeout(req.Context(), limit)
	defer cancel()
	resp, err := t.http.Do(req.WithContext(ctx))
	if err != nil {
		if u, ok := errors.AsType[*url.Error](err); ok {
			err = u.Err // without the URL
		}
		return nil, t.broken(req, err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxResponse))
	if err != nil {
		return nil, t.broken(req, err)
	}
	switch {
	case resp.StatusCode >= 500, resp.StatusCode == http.StatusTooManyRequests && !json.Valid(body):
		return nil, &callError{kind: temporary, text: "HTTP status " + resp.Status}
	case !json.Valid(body): // a proxy's page, perhaps
		return nil, &callError{kind: refused, text: "not a Bot API response, HTTP status " + resp.Status}
	}
	if polls && resp.StatusCode == http.StatusOK {
		if body = t.sift(body); t.failing.CompareAndSwap(true, false) {
			t.log.Info("polling Telegram works again")
		}
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	return resp, nil
}

// broken is a failure of the network. It is a cancellation only if the caller
// has cancelled: at any other the library would end its polling without a word.
func (t *transport) broken(req *http.Request, err error) *callError {
	return &callError{kind: temporary, text: t.redact(err.Error()), cause: req.Context().Err()}
}

// sift replaces each update that the library can't decode by an empty one with
// its id. The library gives up the whole batch, and would ask for the same
// batch for ever: one message of a kind that Telegram invents tomorrow would
// silence the bot.
//
// It also ends each batch with an empty update that has the id of the last one. The
// library polls again, by which it acknowledges the whole batch, as soon as its
// worker has received what comes last, not when it is done with it: a process that
// is killed between the two would lose a question that is not in the journal yet.
// The worker receives the empty update when the real one is taken over.
func (t *transport) sift(body []byte) []byte {
	var batch struct {
		OK     bool              `json:"ok"`
		Result []json.RawMessage `json:"result"`
	}
	if json.Unmarshal(body, &batch) != nil || len(batch.Result) == 0 {
		return body
	}
	empty := func(id int64) json.RawMessage { return fmt.Appendf(nil, `{"update_id":%d}`, id) }
	bad, last := 0, int64(0)
	for i, raw := range batch.Result {
		var u models.Update
		if json.Unmarshal(raw, &u) == nil {
			last = u.ID
			continue
		}
		var id struct {
			ID int64 `json:"update_id"`
		}
		if json.Unmarshal(raw, &id) == nil {
			bad++
			batch.Result[i], last = empty(id.ID), id.ID
		}
	}
	if bad > 0 {
		t.log.Warn("updates that could not be read were skipped", "updates", bad)
	}
	batch.Result = append(batch.Result, empty(last))
	if sifted, err := json.Marshal(batch); err == nil {
		return sifted
	}
	return body
}

// redact takes the token out of a text, also where it was escaped for a URL and
// where only its secret half stands.
func (t *transport) redact(s string) string {
	_, secret, _ := strings.Cut(t.token, ":")
	for _, hidden := range []string{t.token, url.QueryEscape(t.token), secret} {
		if len(hidden) > 5 { // less is no secret, and would tear other words
			s = strings.ReplaceAll(s, hidden, "***")
		}
	}
	return s
}
