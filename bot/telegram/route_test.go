package telegram

import (
	"context"
	"math"
	"testing"

	"xiangwen/bot"
	"xiangwen/bot/telegram/faketelegram"
	"xiangwen/rag"
)

func TestPrivateMessages(t *testing.T) {
	t.Parallel()
	desk := newStub(t)
	r := newRig(t, desk, nil)
	sent := 0
	for _, c := range []struct{ text, want string }{
		{"/help", "command help admin=false language=zh-hans"},
		{"/Help", "command help admin=false language=zh-hans"},
		{"请问 /help", "command help admin=false language=zh-hans"},
		{"👋🏽 /help", "command help admin=false language=zh-hans"},
		{"für /sources bitte", "command sources admin=false language=zh-hans"},
		{"/help@" + faketelegram.BotName, "command help admin=false language=zh-hans"},
		{"/help@XiangWen_Bot", "command help admin=false language=zh-hans"},
		{"/start 123", "command start admin=false language=zh-hans"},
		{"/what", "command what admin=false language=zh-hans"},
		{"👋 /ask 桥有多长？", "answer to: 👋 桥有多长？"},
		{"/ask@" + faketelegram.BotName + " 桥有多长？", "answer to: 桥有多长？"},
		{"/ask", "answer to:"},
		{"目录 /home/user 是什么", "answer to: 目录 /home/user 是什么"},
		{"目录 /home 是什么", "answer to: 目录 /home 是什么"},
		{"@" + faketelegram.BotName + " 桥有多长？", "answer to: 桥有多长？"},
		{"mail to me@" + faketelegram.BotName + ".org", "answer to: mail to me@" + faketelegram.BotName + ".org"},
	} {
		r.SendText(7, c.text)
		sent++
		if m := r.got(7, sent)[sent-1]; m.Text != c.want {
			t.Errorf("%q got %q, want %q", c.text, m.Text, c.want)
		}
	}
	r.SendText(8, "/help@other_bot")
	r.SendText(8, "请问 /help@other_bot 有吗")
	r.silent(8, 0)
}

func TestGroups(t *testing.T) {
	t.Parallel()
	desk := newStub(t)
	r := newRig(t, desk, nil)
	const group = -100
	for _, text := range []string{"大家好", "/help", "/weather", "/help@other_bot", "hello @other_bot", "@xiangwen_bot2 hi"} {
		r.SendText(group, text)
	}
	r.SendText(group, "", faketelegram.Media("sticker", map[string]any{"file_id": "1"}))
	person := r.SendText(group, "谁知道？")
	r.SendText(group, "我知道", faketelegram.ReplyTo(person))
	r.silent(group, 0)

	sent := 0
	expect := func(id int, want string) int {
		t.Helper()
		sent++
		m := r.got(group, sent)[sent-1]
		if m.Text != want || m.ReplyTo != id {
			t.Errorf("got %q in reply to %d, want %q to %d", m.Text, m.ReplyTo, want, id)
		}
		return m.ID
	}
	expect(r.SendText(group, "/help@"+faketelegram.BotName), "command help admin=false language=zh-hans")
	expect(r.SendText(group, "/ask 桥？"), "answer to: 桥？")
	expect(r.SendText(group, "/ask@"+faketelegram.BotName+" 桥？"), "answer to: 桥？")
	expect(r.SendText(group, "桥多长 @"+faketelegram.BotName+"？"), "answer to: 桥多长 ？")
	expect(r.SendText(group, "请问@Xiangwen_Bot桥多长"), "answer to: 请问桥多长")
	expect(r.SendText(group, "/weather@other_bot /help@"+faketelegram.BotName), "command help admin=false language=zh-hans")
	answer := expect(r.SendText(group, "/ask b"), "answer to: b")
	expect(r.SendText(group, "那路呢？", faketelegram.ReplyTo(answer)), "answer to: 那路呢？")
	expect(r.SendText(group, "路 @"+faketelegram.BotName, faketelegram.Media("photo", []any{map[string]any{"file_id": "1"}})), "answer to: 路")

	// An anonymous admin writes as a bot, but for the group; another bot does not.
	r.SendText(group, "/ask a", faketelegram.From(5), faketelegram.Field("from", map[string]any{"id": int64(5), "is_bot": true, "first_name": "x"}))
	r.SendText(group, "/ask c", faketelegram.Field("sender_chat", map[string]any{"id": group, "type": "supergroup"}),
		faketelegram.Field("from", map[string]any{"id": int64(1087968824), "is_bot": true, "first_name": "Group"}))
	sent++
	if m := r.got(group, sent)[sent-1]; m.Text != "answer to: c" {
		t.Errorf("got %q", m.Text)
	}
	r.silent(group, sent)
}

func TestDeletedQuestionIsAnswered(t *testing.T) {
	t.Parallel()
	desk := newStub(t)
	gone := make(chan struct{})
	desk.ask = func(context.Context, bot.Message) rag.Answer {
		<-gone
		return rag.Answer{Text: "answer"}
	}
	r := newRig(t, desk, nil)
	r.Delete(-100, r.SendText(-100, "/ask a"))
	close(gone)
	if m := r.got(-100, 1)[0]; m.Text != "answer" || m.ReplyTo != 0 {
		t.Errorf("%+v", m)
	}
}

func TestTopicsAreKept(t *testing.T) {
	t.Parallel()
	desk := newStub(t)
	r := newRig(t, desk, nil)
	r.SendText(-100, "聊天", faketelegram.Thread(3)) // a reply to the topic's first message, which is the bot's
	r.SendText(-100, "/ask a", faketelegram.Thread(3))
	r.SendText(-100, "/ask b")
	// In a group without topics the thread is only a chain of replies.
	r.SendText(-200, "/ask c", faketelegram.Field("message_thread_id", 8))
	m := r.got(-100, 2)
	threads := map[string]int{m[0].Text: m[0].Thread, m[1].Text: m[1].Thread}
	if threads["answer to: a"] != 3 || threads["answer to: b"] != 0 {
		t.Errorf("threads %v", threads)
	}
	if m := r.got(-200, 1)[0]; m.Thread != 0 {
		t.Errorf("thread %d", m.Thread)
	}
	typing := map[string]int{}
	for _, c := range r.Calls("sendChatAction") {
		typing[c.Form["chat_id"]+"/"+c.Form["message_thread_id"]]++
	}
	if len(typing) != 3 || typing["-100/3"] != 1 {
		t.Errorf("typing in %v", typing)
	}
	ids := map[string]bool{}
	for _, q := range desk.questions() {
		ids[q.Conversation] = true
	}
	if len(ids) != 3 {
		t.Errorf("conversations %v", ids)
	}
	r.silent(-100, 2)
}

func TestOnlyText(t *testing.T) {
	t.Parallel()
	desk := newStub(t)
	r := newRig(t, desk, nil)
	for i, field := range []string{"sticker", "voice", "location", "document", "video_note"} {
		r.SendText(7, "", faketelegram.Media(field, map[string]any{"file_id": "1"}))
		r.SendText(8, "", faketelegram.Media(field, map[string]any{"file_id": "1"}), faketelegram.Language("en"))
		if m := r.got(7, i+1)[i]; m.Text != "我只看得懂文字，请把问题打成字发给我。" {
			t.Errorf("%s: %q", field, m.Text)
		}
		if m := r.got(8, i+1)[i]; m.Text != "I can only read text. Please type your question." {
			t.Errorf("%s: %q", field, m.Text)
		}
	}
	r.SendText(9, "", faketelegram.Field("pinned_message", map[string]any{"message_id": 1, "chat": map[string]any{"id": 9, "type": "private"}}))
	r.Push("channel_post", -9, "@"+faketelegram.BotName+" 桥有多长？")
	r.SendText(9, "路？", faketelegram.Media("photo", []any{map[string]any{"file_id": "1"}}))
	if m := r.got(9, 1)[0]; m.Text != "answer to: 路？" {
		t.Errorf("a caption got %q", m.Text)
	}
	r.silent(9, 1)
	r.silent(-9, 0)
}

func TestOddEntitiesAreHarmless(t *testing.T) {
	t.Parallel()
	rd := newReader("bot")
	for _, c := range []stretch{{-1, 3}, {0, 1}, {2, 99}, {math.MaxInt, 2}, {0, -4}} {
		got, ok := rd.read(message{Text: "/ab", Commands: []stretch{c}})
		if !ok || got.command != "" || got.text != "/ab" {
			t.Errorf("%v: %+v %t", c, got, ok)
		}
	}
}
