package rag

import (
	"context"
	"flag"
	"os"
	"testing"

	"xiangwen/knowledge"
	"xiangwen/knowledge/zh"
	"xiangwen/rag/embed"
	"xiangwen/rag/index"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestPrompt compares all that is sent to a model with a golden file.
func TestPrompt(t *testing.T) {
	library := knowledge.NewLibrary([]*knowledge.Article{
		oneArticle("a", "东河镇种茶", "东河镇", "东河镇今年新种茶树三百亩，每亩 < 两千元 & 有补贴。"),
		oneArticle("b", "", "", "西山村也种茶树。"),
	}, nil)
	x, err := index.Build(context.Background(), library, embed.News, index.Options{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	hits, err := x.Search(context.Background(), zh.ParseQuestion("东河镇种了多少茶树？"), 5)
	if err != nil {
		t.Fatal(err)
	}
	for _, lang := range []string{"zh", "en"} {
		system, user, err := prompt(Question{Text: "东河镇种了多少茶树？", Language: lang}, hits, "=====FENCE=====")
		if err != nil {
			t.Fatal(err)
		}
		got := system + "\n-----\n" + user
		name := "testdata/prompt." + lang + ".golden"
		if *update {
			if err := os.WriteFile(name, []byte(got), 0o666); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if got != string(want) {
			t.Errorf("what is sent differs from %s (go test -update writes it anew):\n%s", name, got)
		}
	}
}
