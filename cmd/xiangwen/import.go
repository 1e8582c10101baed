package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"xiangwen/knowledge"
	"xiangwen/knowledge/load"
	"xiangwen/knowledge/shelf"
)

type importCommand struct {
	JSON bool     `xor:"to" help:"Print the articles as JSON instead of writing files."`
	Out  string   `xor:"to" placeholder:"DIR" help:"Folder for one Markdown file an article; made if it is missing."`
	File []string `arg:"" sep:"none" help:"Raw pages and other documents, or folders of them."`
}

// importedParagraph, importedArticle and imported are the JSON form.
type importedParagraph struct {
	Heading string `json:"heading"`
	Text    string `json:"text"`
	Broken  bool   `json:"broken,omitempty"`
}

type importedArticle struct {
	ID         string              `json:"id"`
	Title      string              `json:"title"`
	Kicker     string              `json:"kicker"`
	Subtitle   string              `json:"subtitle"`
	Authors    []string            `json:"authors"`
	Source     string              `json:"source"`
	Date       string              `json:"date"`
	Paragraphs []importedParagraph `json:"paragraphs"`
}

type imported struct {
	Articles []importedArticle `json:"articles"`
	Skipped  []knowledge.Skip  `json:"skipped"`
}

// Run reads the files and writes their articles.
func (c *importCommand) Run(ctx context.Context, s streams) error {
	sources, err := load.Paths(c.File)
	if err != nil {
		return err
	}
	bar := newProgress(s.err, -1, "reading")
	library, err := load.Load(ctx, sources, func(_ string, articles int) { bar.Set(articles) })
	bar.Finish()
	if err != nil {
		return err
	}
	if c.JSON {
		if err := c.print(s, library); err != nil {
			return err
		}
	} else {
		if err := c.write(ctx, s, library); err != nil {
			return err
		}
	}
	if library.Len() == 0 {
		return fmt.Errorf("no article was found in %s", strings.Join(c.File, ", "))
	}
	return nil
}

func (c *importCommand) print(s streams, library *knowledge.Library) error {
	out := imported{Articles: []importedArticle{}, Skipped: library.Skipped()}
	if out.Skipped == nil {
		out.Skipped = []knowledge.Skip{}
	}
	for _, a := range library.Articles() {
		article := importedArticle{ID: a.ID, Title: a.Title, Kicker: a.Kicker, Subtitle: a.Subtitle,
			Authors: a.Authors, Source: a.Source, Date: a.Date, Paragraphs: []importedParagraph{}}
		if article.Authors == nil {
			article.Authors = []string{}
		}
		for _, p := range a.Paragraphs {
			article.Paragraphs = append(article.Paragraphs, importedParagraph{p.Heading, p.Text, p.Broken})
		}
		out.Articles = append(out.Articles, article)
	}
	encoder := json.NewEncoder(s.out)
	encoder.SetEscapeHTML(false)
	return encoder.Encode(out)
}

// write puts one file an article into the folder, then says what was found.
func (c *importCommand) write(ctx context.Context, s streams, library *knowledge.Library) error {
	if c.Out != "" {
		if err := os.MkdirAll(c.Out, 0o777); err != nil {
			return fmt.Errorf("make folder: %w", err)
		}
	}
	for _, a := range library.Articles() {
		if err := ctx.Err(); err != nil {
			return err
		}
		where := ""
		if c.Out != "" {
			name := filepath.Join(c.Out, fileName(a.ID)+".md")
			if err := shelf.WriteFile(name, load.Markdown(a)); err != nil {
				return err
			}
			where = " → " + name
		}
		fmt.Fprintf(s.out, "%s:%d  %s（%d 段）%s\n", a.File, a.Line, a.Name(), len(a.Paragraphs), where)
	}
	for _, skip := range library.Skipped() {
		fmt.Fprintf(s.out, "skipped  %s\n", skip)
	}
	fmt.Fprintf(s.out, "%d articles, %d skipped\n", library.Len(), len(library.Skipped()))
	if c.Out == "" {
		fmt.Fprintln(s.out, "nothing was written: name a folder with --out, or see --json")
	}
	return nil
}

// fileName makes a file name of an article's id.
func fileName(id string) string {
	name := strings.Map(func(r rune) rune {
		if strings.ContainsRune(`/\:*?"<>|`, r) || r < ' ' {
			return '-'
		}
		return r
	}, id)
	return strings.TrimLeft(name, ".")
}
