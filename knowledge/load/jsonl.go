package load

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"time"

	"xiangwen/knowledge"
)

// line is an article as one line of JSON. Paragraphs are the lines of Text.
type line struct {
	ID       json.RawMessage `json:"id"` // a string or a number
	Title    string          `json:"title"`
	Kicker   string          `json:"kicker"`
	Subtitle string          `json:"subtitle"`
	Authors  []string        `json:"authors"`
	Source   string          `json:"source"`
	Date     string          `json:"date"`
	Page     string          `json:"page"`
	Place    string          `json:"place"`
	URL      string          `json:"url"`
	Language string          `json:"language"`
	Text     string          `json:"text"`
}

// maxLine bounds a line of JSON: an article of the largest size with every
// character escaped.
const maxLine = 2*MaxArticle + 1<<20

// jsonLines reads one article a line; the error is only ever that of a context.
func (r *reader) jsonLines(f io.Reader, label, prefix string) error {
	in := bufio.NewReaderSize(f, 1<<16)
	for n := 1; ; n++ {
		if n%1000 == 0 {
			if err := r.ctx.Err(); err != nil {
				return err
			}
			if r.progress != nil {
				r.progress(label, len(r.articles))
			}
		}
		data, tooLong, err := readLine(in)
		if err != nil && err != io.EOF {
			r.skip(label, n, "can't be read further: %v", reason(err))
			return nil
		}
		if tooLong {
			r.skip(label, n, "line is longer than %d MiB", maxLine>>20)
		} else if len(bytes.TrimSpace(data)) > 0 {
			r.line(data, label, n, prefix)
		}
		if err == io.EOF {
			return nil
		}
	}
}

// readLine reads up to the next line break. A line over maxLine is read to its
// end and reported as too long. The error is io.EOF with the last line.
func readLine(in *bufio.Reader) (data []byte, tooLong bool, err error) {
	for {
		part, err := in.ReadSlice('\n')
		if tooLong = tooLong || len(data)+len(part) > maxLine; tooLong {
			data = nil
		} else {
			data = append(data, part...)
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return data, tooLong, err
		}
	}
}

func (r *reader) line(data []byte, label string, n int, prefix string) {
	text, note, err := Decode(data)
	if err != nil {
		r.skip(label, n, "%v", err)
		return
	}
	if note != "" {
		r.skip(label, n, "%s", note)
	}
	var l line
	if err := json.Unmarshal([]byte(text), &l); err != nil {
		r.skip(label, n, "not an article in JSON: %v", err)
		return
	}
	if strings.TrimSpace(l.Text) == "" {
		r.skip(label, n, `"text" is missing or empty`)
		return
	}
	meta := knowledge.Article{
		Title: strings.TrimSpace(l.Title), Kicker: l.Kicker, Subtitle: l.Subtitle, Authors: l.Authors, Source: l.Source,
		Page: l.Page, Place: l.Place, URL: l.URL, Language: l.Language, File: label, Line: n,
	}
	if meta.ID, err = l.id(); err != nil {
		r.skip(label, n, "%v", err)
		return
	}
	if meta.ID == "" {
		meta.ID = knowledge.ContentID(prefix, meta.Title, l.Text)
	}
	if meta.Date, err = parseDate(l.Date); err != nil {
		r.skip(label, n, "%v; the article is kept without a date", err)
	}
	r.add(knowledge.NewArticleFromText(meta, l.Text))
}

func (l line) id() (string, error) {
	raw := string(l.ID)
	if raw == "" || raw == "null" {
		return "", nil
	}
	if raw[0] == '"' {
		var s string
		err := json.Unmarshal(l.ID, &s)
		return s, err
	}
	if strings.ContainsAny(raw[:1], "-0123456789") {
		return raw, nil
	}
	return "", errors.New(`"id" is neither a string nor a number`)
}

// dateLayouts are the ways dates are written in what archives export.
var dateLayouts = []string{"2006-01-02", "2006-1-2", "2006/1/2", "2006.1.2", "20060102", "2006年1月2日", time.RFC3339, "2006-01-02 15:04:05", "2006-01-02T15:04:05"}

// parseDate brings a date to the form 2006-01-02; "" stays "".
func parseDate(s string) (string, error) {
	s = strings.TrimSpace(s)
	if s == "" {
		return "", nil
	}
	for _, layout := range dateLayouts {
		if t, err := time.Parse(layout, s); err == nil {
			return t.Format("2006-01-02"), nil
		}
	}
	return "", errors.New("date " + quoteShort(s) + " is not understood (write it as 2006-01-02)")
}

func quoteShort(s string) string {
	if r := []rune(s); len(r) > 30 {
		s = string(r[:30]) + "…"
	}
	return `"` + s + `"`
}
