package knowledge

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
)

// Skip names something of the input that was not taken, and why.
type Skip struct {
	File   string `json:"file,omitempty"`
	Line   int    `json:"line,omitempty"` // 1-based, 0 if it is the whole file
	Reason string `json:"reason"`
	Text   string `json:"text,omitempty"` // the opening of what was skipped
}

func (s Skip) String() string {
	where := s.File
	if s.Line > 0 {
		where = fmt.Sprintf("%s:%d", s.File, s.Line)
	}
	if s.Text == "" {
		return where + ": " + s.Reason
	}
	return fmt.Sprintf("%s: %s: %q", where, s.Reason, s.Text)
}

// Library is an immutable set of articles with unique ids.
type Library struct {
	articles []*Article
	byID     map[string]*Article
	skipped  []Skip
	version  string
}

// NewLibrary collects articles in the given order. Of two articles with the
// same id the first is kept; the other is listed as skipped unless it is the
// same article again.
func NewLibrary(articles []*Article, skipped []Skip) *Library {
	l := &Library{byID: make(map[string]*Article, len(articles)), skipped: slices.Clone(skipped)}
	for _, a := range articles {
		first, taken := l.byID[a.ID]
		if !taken {
			l.byID[a.ID] = a
			l.articles = append(l.articles, a)
			continue
		}
		reason := fmt.Sprintf("id %q is already used by another article in %s", a.ID, first.File)
		if first.Digest == a.Digest {
			reason = fmt.Sprintf("the same article is already loaded from %s", first.File)
		}
		l.skipped = append(l.skipped, Skip{File: a.File, Line: a.Line, Reason: reason, Text: a.Name()})
	}
	keys := make([]string, len(l.articles))
	for i, a := range l.articles {
		keys[i] = a.ID + "\x00" + a.Digest + "\n"
	}
	slices.Sort(keys)
	sum := sha256.Sum256([]byte(strings.Join(keys, "")))
	l.version = hex.EncodeToString(sum[:8])
	return l
}

// Articles returns all articles in the order they were loaded; do not change it.
func (l *Library) Articles() []*Article { return l.articles }

// Article returns the article with the id, or nil.
func (l *Library) Article(id string) *Article { return l.byID[id] }

// Len is the number of articles.
func (l *Library) Len() int { return len(l.articles) }

// Skipped lists what could not be taken in.
func (l *Library) Skipped() []Skip { return l.skipped }

// Version identifies the content: equal for libraries with equal articles.
func (l *Library) Version() string { return l.version }

// Diff says how one library differs from the one before it.
type Diff struct {
	Added, Changed, Removed []*Article // Changed holds the new versions
}

// Empty reports whether nothing differs.
func (d Diff) Empty() bool { return len(d.Added)+len(d.Changed)+len(d.Removed) == 0 }

// Compare lists the differences from old to new; old may be nil. Each list is
// in the order of the library its articles come from.
func Compare(old, new *Library) Diff {
	var d Diff
	for _, a := range new.articles {
		var before *Article
		if old != nil {
			before = old.byID[a.ID]
		}
		switch {
		case before == nil:
			d.Added = append(d.Added, a)
		case before.Digest != a.Digest:
			d.Changed = append(d.Changed, a)
		}
	}
	if old == nil {
		return d
	}
	for _, a := range old.articles {
		if new.byID[a.ID] == nil {
			d.Removed = append(d.Removed, a)
		}
	}
	return d
}
