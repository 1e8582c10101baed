package bot

import (
	"encoding/base32"
	"hash/fnv"
	"strings"

	"xiangwen/knowledge"
)

// Reply is what a command or a press of a button comes to, for a front end to
// write in its own form. All parts but Text may be empty.
type Reply struct {
	Text     string
	Articles []Listed // below the text
	Choices  [][]Choice
	File     *File
}

// Listed is an article in a list.
type Listed struct {
	ID, Title, Source, Date string
	Lead                    string // a sentence of it, "" for none
}

// Choice is a button: pressing it performs the action, see [Desk.Act].
type Choice struct {
	Label  string
	Action string // at most 64 bytes, as Telegram's callback data
}

// File is sent along with a reply.
type File struct {
	Name string
	Data []byte
}

func say(text string) Reply { return Reply{Text: text} }

func listed(a *knowledge.Article) Listed {
	return Listed{ID: a.ID, Title: a.Name(), Source: a.Source, Date: a.Date}
}

// short names something of any length in an action: 40 bits of FNV-1a.
func short(s string) string {
	h := fnv.New64a()
	h.Write([]byte(s))
	sum := h.Sum(nil)
	return strings.ToLower(base32.StdEncoding.EncodeToString(sum[:5]))
}

// catalog finds what actions name in one library. It does not change.
type catalog struct {
	library  *knowledge.Library
	articles map[string]*knowledge.Article // by short id
	topics   []Topic
	byName   map[string]Topic // by short name
}

func newCatalog(l *knowledge.Library) *catalog {
	c := &catalog{library: l, articles: make(map[string]*knowledge.Article, l.Len()), topics: topics(l), byName: make(map[string]Topic)}
	for _, a := range l.Articles() {
		c.articles[short(a.ID)] = a
	}
	for _, t := range c.topics {
		c.byName[short(t.Name)] = t
	}
	return c
}

// catalog of the library in use.
func (d *Desk) catalogue() *catalog {
	l := d.engine.Library()
	if c := d.catalogs.Load(); c != nil && c.library == l {
		return c
	}
	c := newCatalog(l)
	d.catalogs.Store(c)
	return c
}
