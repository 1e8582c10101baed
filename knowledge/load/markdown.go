package load

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	extast "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
	"go.abhg.dev/goldmark/frontmatter"

	"xiangwen/knowledge"
)

// meta is the front matter of an article, in YAML (---) or TOML (+++).
type meta struct {
	ID       string   `yaml:"id" toml:"id"`
	Title    string   `yaml:"title" toml:"title"`
	Kicker   string   `yaml:"kicker" toml:"kicker"`
	Subtitle string   `yaml:"subtitle" toml:"subtitle"`
	Authors  []string `yaml:"authors" toml:"authors"`
	Source   string   `yaml:"source" toml:"source"`
	Date     string   `yaml:"date" toml:"date"`
	Page     string   `yaml:"page" toml:"page"`
	Place    string   `yaml:"place" toml:"place"`
	URL      string   `yaml:"url" toml:"url"`
	Language string   `yaml:"language" toml:"language"`
}

var mark = goldmark.New(goldmark.WithExtensions(&frontmatter.Extender{}, extension.Table))

// markdown reads one article. Its id is that of the front matter, otherwise its
// file's name without ending; headings below the title are intertitles.
func markdown(source, name, label string) (*knowledge.Article, error) {
	ctx := parser.NewContext()
	src := []byte(strings.ReplaceAll(source, "\r\n", "\n"))
	doc := mark.Parser().Parse(text.NewReader(src), parser.WithContext(ctx))
	var m meta
	if front := frontmatter.Get(ctx); front != nil {
		if err := front.Decode(&m); err != nil {
			return nil, fmt.Errorf("front matter can't be read: %w", err)
		}
	}
	date, err := parseDate(m.Date)
	if err != nil {
		return nil, fmt.Errorf("front matter: %w", err)
	}
	article := knowledge.Article{
		ID: m.ID, Title: m.Title, Kicker: m.Kicker, Subtitle: m.Subtitle, Authors: m.Authors, Source: m.Source,
		Date: date, Page: m.Page, Place: m.Place, URL: m.URL, Language: m.Language, File: label,
	}
	if article.ID == "" {
		article.ID = strings.ReplaceAll(name, "/", "-")
	}
	b := body{src: src, titled: article.Title != ""}
	b.blocks(doc)
	if article.Title == "" {
		article.Title = b.title
	}
	if len(b.paragraphs) == 0 {
		return nil, errors.New("holds no paragraph")
	}
	return knowledge.NewArticle(article, b.paragraphs), nil
}

// body collects the paragraphs of a Markdown document.
type body struct {
	src        []byte
	titled     bool // the title is known; a heading of the first level is an intertitle or repeats it
	title      string
	heading    string
	paragraphs []knowledge.Paragraph
}

func (b *body) blocks(parent ast.Node) {
	for n := parent.FirstChild(); n != nil; n = n.NextSibling() {
		switch n := n.(type) {
		case *ast.Heading:
			line := b.inline(n)
			if n.Level == 1 && !b.titled && len(b.paragraphs) == 0 {
				b.title, b.titled = line, true
				continue
			}
			b.heading = line
		case *ast.Paragraph, *ast.TextBlock:
			b.paragraph(b.inline(n))
		case *ast.CodeBlock, *ast.FencedCodeBlock:
			b.paragraph(string(n.Lines().Value(b.src)))
		case *extast.TableHeader, *extast.TableRow:
			var cells []string
			for c := n.FirstChild(); c != nil; c = c.NextSibling() {
				cells = append(cells, b.inline(c))
			}
			b.paragraph(strings.Join(cells, "｜"))
		case *ast.HTMLBlock: // not text
		default:
			b.blocks(n)
		}
	}
}

func (b *body) paragraph(s string) {
	b.paragraphs = append(b.paragraphs, knowledge.Paragraph{Heading: b.heading, Text: s})
}

// inline is the plain text of a block: emphasis and links are their words, a
// line break within a Chinese sentence is nothing.
func (b *body) inline(block ast.Node) string {
	var out strings.Builder
	var walk func(ast.Node)
	walk = func(n ast.Node) {
		for c := n.FirstChild(); c != nil; c = c.NextSibling() {
			switch c := c.(type) {
			case *ast.Text:
				out.Write(util.ResolveEntityNames(util.ResolveNumericReferences(util.UnescapePunctuations(c.Segment.Value(b.src)))))
				if c.SoftLineBreak() || c.HardLineBreak() {
					last, _ := utf8.DecodeLastRuneInString(out.String())
					if last < 0x2E80 {
						out.WriteByte(' ')
					}
				}
			case *ast.String:
				out.Write(c.Value)
			case *ast.AutoLink:
				out.Write(c.Label(b.src))
			case *ast.RawHTML:
			default:
				walk(c)
			}
		}
	}
	walk(block)
	return strings.TrimSpace(out.String())
}

// Markdown writes an article as a file that [Load] reads back to the same
// article: front matter, intertitles as headings, one paragraph a block.
func Markdown(a *knowledge.Article) []byte {
	var out bytes.Buffer
	out.WriteString("---\n")
	field := func(key string, value any) {
		// A JSON string or list is valid YAML, whatever it holds.
		data, err := json.Marshal(value)
		if s, ok := value.(string); err != nil || ok && s == "" || string(data) == "null" || string(data) == "[]" {
			return
		}
		fmt.Fprintf(&out, "%s: %s\n", key, data)
	}
	for _, f := range []struct {
		key   string
		value any
	}{
		{"id", a.ID}, {"title", a.Title}, {"kicker", a.Kicker}, {"subtitle", a.Subtitle}, {"authors", a.Authors}, {"source", a.Source},
		{"date", a.Date}, {"page", a.Page}, {"place", a.Place}, {"url", a.URL}, {"language", a.Language},
	} {
		field(f.key, f.value)
	}
	out.WriteString("---\n")
	heading := ""
	for _, p := range a.Paragraphs {
		if p.Heading != heading {
			heading = p.Heading
			fmt.Fprintf(&out, "\n## %s\n", escape(heading))
		}
		fmt.Fprintf(&out, "\n%s\n", escape(p.Text))
	}
	return out.Bytes()
}

// escape keeps Markdown from reading marks into plain text.
func escape(s string) string {
	var out strings.Builder
	for i, r := range s {
		special := strings.ContainsRune("\\`*_[]<>|~", r) ||
			i == 0 && strings.ContainsRune("#+-=:", r) ||
			(r == '.' || r == ')') && i > 0 && strings.Trim(s[:i], "0123456789") == ""
		if r == '&' { // a backslash would not keep an entity from being read
			out.WriteString("&amp;")
			continue
		}
		if special {
			out.WriteByte('\\')
		}
		out.WriteRune(r)
	}
	return out.String()
}
