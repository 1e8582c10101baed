package page

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"
)

// goldPage is a page of the shared set and what it holds.
type goldPage struct {
	id, text string
	Articles []goldArticle
	Other    []struct{ Kind, Text, Credit string }
}

type goldArticle struct {
	Title       string
	Kicker      string
	Subhead     string
	Byline      string
	AuthorEnd   string   `json:"author_end"`
	Intertitles []string `json:"intertitles"`
	Paragraphs  []string `json:"body_paragraphs"`
	Broken      []bool
	Displaced   []bool
}

const shared = "../../../shared/"

// requireShared skips the test if the shared data is not there, or fails it if
// XIANGWEN_REQUIRE_SHARED=1 says that it must be.
func requireShared(t testing.TB, path string) string {
	t.Helper()
	path = filepath.FromSlash(shared + path)
	if _, err := os.Stat(path); err != nil {
		if os.Getenv("XIANGWEN_REQUIRE_SHARED") == "1" {
			t.Fatalf("XIANGWEN_REQUIRE_SHARED=1, but %v", err)
		}
		t.Skipf("needs the shared evaluation data: %v", err)
	}
	return path
}

func readGoldPages(t testing.TB) []goldPage {
	t.Helper()
	dir := requireShared(t, "eval/pages-dev")
	names, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil || len(names) == 0 {
		t.Fatalf("no pages in %s (%v)", dir, err)
	}
	var pages []goldPage
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var p goldPage
		if err := json.Unmarshal(data, &p); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		text, err := os.ReadFile(strings.TrimSuffix(name, ".json") + ".txt")
		if err != nil {
			t.Fatal(err)
		}
		p.id, p.text = strings.TrimSuffix(filepath.Base(name), ".json"), string(text)
		pages = append(pages, p)
	}
	return pages
}

// designHalf are the pages that were looked at, and learned from, while the
// splitter was made; the others were only measured on.
func designHalf(p goldPage) bool { return p.id[len(p.id)-1]%2 == 1 }

func squeeze(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	}, s)
}
