package page

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
)

// TestRealPage splits a page as it was printed. Unlike the generated pages it
// has text that is missing.
func TestRealPage(t *testing.T) {
	text, err := os.ReadFile(requireShared(t, "pages/jiangxi-page.txt"))
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(requireShared(t, "pages/jiangxi-page.gold.json"))
	if err != nil {
		t.Fatal(err)
	}
	var gold struct {
		Articles []struct {
			Title, Kicker       string
			Authors, Paragraphs []string
		}
	}
	if err := json.Unmarshal(data, &gold); err != nil {
		t.Fatal(err)
	}
	articles, _ := Split(string(text), "jiangxi-page.txt")
	for _, a := range articles {
		t.Logf("%q / %q / %q by %q from %q, %d paragraphs", a.Kicker, a.Title, a.Subtitle, a.Authors, a.Place, len(a.Paragraphs))
		for _, p := range a.Paragraphs {
			r := []rune(p.Text)
			t.Logf("    [%s] %s … %s %v", p.Heading, string(r[:min(12, len(r))]), string(r[max(0, len(r)-12):]), p.Broken)
		}
	}
	if len(articles) != len(gold.Articles) {
		t.Errorf("%d articles, want %d", len(articles), len(gold.Articles))
	}
	whole, of := 0, 0
	for _, g := range gold.Articles {
		for _, p := range g.Paragraphs {
			of++
			found := false
			for _, a := range articles {
				for _, q := range a.Paragraphs {
					if !strings.Contains(q.Text, p) {
						continue
					}
					found = true
					if a.Title != g.Title {
						t.Errorf("%.30q is in %q, want %q", p, a.Title, g.Title)
					}
					if a.Kicker != g.Kicker || strings.Join(a.Authors, " ") != strings.Join(g.Authors, " ") {
						t.Errorf("kicker %q, authors %q, want %q, %q", a.Kicker, a.Authors, g.Kicker, g.Authors)
					}
				}
			}
			if !found {
				t.Logf("not whole: %s", p)
				continue
			}
			whole++
		}
	}
	t.Logf("%d of %d paragraphs whole", whole, of)
	if whole < 31 {
		t.Errorf("%d of %d paragraphs whole, want 31", whole, of)
	}
}
