// Package load reads articles from files and folders: Markdown with front
// matter, plain text (an article or a raw newspaper page), and JSON lines. What
// can't be used is listed with its reason; it never stops the rest.
package load

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"xiangwen/knowledge"
	"xiangwen/knowledge/page"
)

// Limits in bytes. JSON lines are read line by line, so that only the article
// limit holds for them.
const (
	MaxFile    = 16 << 20
	MaxArticle = 2 << 20
)

// Source is a place to read from: a file, or all readable files of a folder.
type Source struct {
	FS   fs.FS
	Name string // within FS; "." is all of it
	Root string // what precedes names of FS in reports, may be ""
}

// Paths turns file and folder names of the operating system into sources. The
// error names every path that can't be opened.
func Paths(names []string) ([]Source, error) {
	var sources []Source
	var errs []error
	for _, name := range names {
		info, err := os.Stat(name)
		switch {
		case err != nil:
			errs = append(errs, fmt.Errorf("knowledge %s: %w", name, errors.Unwrap(err)))
		case info.IsDir():
			sources = append(sources, Source{os.DirFS(name), ".", name})
		default:
			dir, file := filepath.Split(name)
			sources = append(sources, Source{os.DirFS(filepath.Clean("./" + dir)), file, dir})
			if filepath.IsAbs(name) {
				sources[len(sources)-1].FS = os.DirFS(dir)
			}
		}
	}
	return sources, errors.Join(errs...)
}

// Progress is told the file that is about to be read and how many articles
// there are so far.
type Progress func(file string, articles int)

// Load reads all sources into a library; progress may be nil. It fails when a
// source itself can't be read or ctx is done, not for what is wrong in a file.
func Load(ctx context.Context, sources []Source, progress Progress) (*knowledge.Library, error) {
	r := &reader{ctx: ctx, progress: progress}
	for _, s := range sources {
		if err := r.source(s); err != nil {
			return nil, err
		}
	}
	return knowledge.NewLibrary(r.articles, r.skipped), nil
}

type reader struct {
	ctx      context.Context
	progress Progress
	articles []*knowledge.Article
	skipped  []knowledge.Skip
}

func (r *reader) skip(file string, line int, format string, args ...any) {
	r.skipped = append(r.skipped, knowledge.Skip{File: file, Line: line, Reason: fmt.Sprintf(format, args...)})
}

func (r *reader) source(s Source) error {
	info, err := fs.Stat(s.FS, s.Name)
	if err != nil {
		return fmt.Errorf("read knowledge: %w", err)
	}
	if !info.IsDir() {
		return r.file(s, s.Name)
	}
	return fs.WalkDir(s.FS, s.Name, func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil && name == s.Name:
			return fmt.Errorf("read knowledge: %w", err)
		case err != nil:
			r.skip(s.label(name), 0, "can't be read: %v", err)
			return nil
		case name != s.Name && strings.HasPrefix(d.Name(), "."):
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		case d.IsDir():
			return nil
		}
		return r.file(s, name)
	})
}

// label is the name of a file in reports.
func (s Source) label(name string) string { return filepath.ToSlash(filepath.Join(s.Root, name)) }

// file reads one file. The error is only ever that of a context.
func (r *reader) file(s Source, name string) error {
	if err := r.ctx.Err(); err != nil {
		return err
	}
	label := s.label(name)
	if r.progress != nil {
		r.progress(label, len(r.articles))
	}
	ext := strings.ToLower(path.Ext(name))
	switch ext {
	case ".md", ".markdown", ".txt", ".jsonl":
	default:
		r.skip(label, 0, "not a kind of file that is read (.md, .txt, .jsonl)")
		return nil
	}
	f, err := s.FS.Open(name)
	if err != nil {
		r.skip(label, 0, "can't be opened: %v", reason(err))
		return nil
	}
	defer f.Close()
	if ext == ".jsonl" {
		return r.jsonLines(f, label, strings.TrimSuffix(name, path.Ext(name)))
	}
	data, err := io.ReadAll(io.LimitReader(f, MaxFile+1))
	switch {
	case err != nil:
		r.skip(label, 0, "can't be read: %v", reason(err))
		return nil
	case len(data) > MaxFile:
		r.skip(label, 0, "larger than %d MiB", MaxFile>>20)
		return nil
	}
	text, note, err := Decode(data)
	if err != nil {
		r.skip(label, 0, "%v", err)
		return nil
	}
	if note != "" {
		r.skip(label, 0, "%s", note)
	}
	if strings.TrimSpace(text) == "" {
		r.skip(label, 0, "holds no text")
		return nil
	}
	if ext == ".txt" {
		articles, skipped := page.Split(text, label)
		r.skipped = append(r.skipped, skipped...)
		if len(articles) == 0 {
			r.skip(label, 0, "no article was found in it")
		}
		for _, a := range articles {
			r.add(a)
		}
		return nil
	}
	a, err := markdown(text, strings.TrimSuffix(name, path.Ext(name)), label)
	if err != nil {
		r.skip(label, 0, "%v", err)
		return nil
	}
	r.add(a)
	return nil
}

func (r *reader) add(a *knowledge.Article) {
	if len(a.Text) > MaxArticle {
		r.skip(a.File, a.Line, "article %q is larger than %d MiB", a.Name(), MaxArticle>>20)
		return
	}
	r.articles = append(r.articles, a)
}

// reason is an error of the file system without the name, which the report has
// already.
func reason(err error) error {
	var pathErr *fs.PathError
	if errors.As(err, &pathErr) {
		return pathErr.Err
	}
	return err
}
