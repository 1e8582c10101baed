package rag

import (
	"context"
	"errors"
	"strings"
	"testing"
)

// talk asks one question after another in one conversation.
func talk(e *Engine, questions ...string) (answers []Answer) {
	var history []Turn
	for _, q := range questions {
		a := e.Ask(context.Background(), Question{Text: q, History: history})
		answers = append(answers, a)
		t := Turn{Question: q, Text: a.Text, Citations: a.Citations}
		if a.SearchedFor != "" {
			t.Question = a.SearchedFor
		}
		history = append(history, t)
	}
	return answers
}

func TestAFollowUpIsCompleted(t *testing.T) {
	library := bundledLibrary(t)
	e := newEngine(t, Options{}, library)
	for _, c := range []struct{ first, then, searched, want string }{
		{"天祥大道隧道在哪个区？", "那里的盾构段有多长？", "天祥大道隧道的盾构段有多长？", "4404米"},
		{"天祥大道隧道由谁承建？", "它全长多少米？", "天祥大道隧道全长多少米？", "6379米"},
		{"溪南村的书记叫什么？", "那莒洲村呢？", "莒洲村的书记叫什么？", "邓振国"},
		{"枫田镇的工业联盟年产值多少？", "企业有多少家？", "", "12家"},
		{"资溪县的竹荪今年种了多少亩？", "What is the weather in Paris?", "", ""},
	} {
		a := talk(e, c.first, c.then)[1]
		if a.SearchedFor != c.searched || !strings.Contains(a.Text, c.want) || c.want == "" && a.Status != NotFound {
			t.Errorf("%s %s: searched for %q: %s %q", c.first, c.then, a.SearchedFor, a.Status, a.Text)
		}
		if err := Verify(a, library); a.Status == Answered && err != nil {
			t.Errorf("%s: %v", c.then, err)
		}
	}
}

func TestMoreIsNotTheSameAgain(t *testing.T) {
	library := bundledLibrary(t)
	answers := talk(newEngine(t, Options{}, library), "枫田镇的平安联盟做了什么？", "还有呢？", "还有吗？")
	said := make(map[int]bool)
	for i, a := range answers[:2] {
		if a.Status != Answered || len(a.Citations) == 0 {
			t.Fatalf("%d: %s %q", i, a.Status, a.Text)
		}
		if err := Verify(a, library); err != nil {
			t.Error(err)
		}
	}
	for i, a := range answers {
		for _, c := range a.Citations {
			if said[c.Start] {
				t.Errorf("%d: %q is said again", i, c.Quote)
			}
		}
		for _, c := range a.Citations {
			said[c.Start] = true
		}
	}
	if answers[1].SearchedFor != "枫田镇的平安联盟做了什么？" {
		t.Errorf("searched for %q", answers[1].SearchedFor)
	}
}

func TestAModelCompletesAFollowUp(t *testing.T) {
	for _, c := range []struct{ name, reply, searched string }{
		{"well", "天祥大道隧道的盾构段有多长？", "天祥大道隧道的盾构段有多长？"},
		{"with what nobody said", "2031年青山湖大桥有多长？", "天祥大道隧道的盾构段有多长？"},
		{"with an answer", "天祥大道隧道有多长？\n6379米。", "天祥大道隧道的盾构段有多长？"},
		{"with nothing", "", "天祥大道隧道的盾构段有多长？"},
		{"not at all", "fails", "天祥大道隧道的盾构段有多长？"},
	} {
		var rewording, answering string
		chat := &scripted{say: func(system, user string) (string, error) {
			if !strings.Contains(user, "最后一个问题") {
				answering = user
				return "隧道的盾构段长4404米。[1]", nil
			}
			if rewording = system + user; c.reply == "fails" {
				return "", errors.New("down")
			}
			return c.reply, nil
		}}
		e := newEngine(t, Options{Chat: chat}, bundledLibrary(t))
		a := talk(e, "天祥大道隧道在哪个区？", "它的盾构段有多长？")[1]
		if a.SearchedFor != c.searched || !strings.Contains(a.Text, "4404米") || !strings.Contains(answering, "问题："+c.searched) {
			t.Errorf("%s: searched for %q, %s by %s %q", c.name, a.SearchedFor, a.Status, a.Method, a.Text)
		}
		if !strings.Contains(rewording, "天祥大道隧道在哪个区？") {
			t.Errorf("the conversation was not sent: %s", rewording)
		}
		chat.calls = 0
		if talk(e, "溪南村的书记是谁？"); chat.calls != 1 {
			t.Errorf("a question that stands on its own cost %d calls", chat.calls)
		}
	}
}

func TestAModelIsToldWhatWasSaid(t *testing.T) {
	var sent []string
	chat := &scripted{say: func(_, user string) (string, error) {
		sent = append(sent, user)
		return "隧道全长6379米。[1]", nil
	}}
	e := newEngine(t, Options{Chat: chat, CacheFor: 1e9}, bundledLibrary(t))
	a := talk(e, "天祥大道隧道全长多少米？", "还有呢？")
	if len(sent) != 2 || strings.Contains(sent[0], "不要重复") || !strings.Contains(sent[1], "不要重复") || !strings.Contains(sent[1], a[0].Citations[0].Quote) {
		t.Errorf("sent: %q", sent)
	}
}
