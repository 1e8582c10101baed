package bot

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"time"

	"github.com/hashicorp/golang-lru/v2/expirable"

	"xiangwen/bot/state"
	"xiangwen/knowledge"
	"xiangwen/knowledge/shelf"
)

// undoTime is how long what was removed can be put back.
const undoTime = 24 * time.Hour

// Shelf is a folder of knowledge that editors change.
type Shelf interface {
	Preview(ctx context.Context, name string, data []byte) (*knowledge.Library, error)
	Add(name string, data []byte) (string, error)
	Holds(file string) bool
	Remove(file string) (undo string, err error)
	Restore(undo string) error
	Discard(undo string) error
}

var _ Shelf = (*shelf.Shelf)(nil)

// intake holds files that were sent and not yet added.
type intake struct {
	files *expirable.LRU[string, File]
}

// newIntake keeps a few files for an hour: they are in memory.
func newIntake() intake {
	const most = 8
	return intake{expirable.NewLRU[string, File](most, nil, time.Hour)}
}

func (i intake) keep(f File) (token string) {
	token = short(f.Name + "\x00" + string(f.Data))
	i.files.Add(token, f)
	return token
}

func (i intake) drop(token string) { i.files.Remove(token) }

// Offer says what a file that an editor has sent would add, and asks whether to
// add it.
func (d *Desk) Offer(ctx context.Context, f File, m Message) Reply {
	w := d.Words(d.chosen(ctx, m))
	if d.options.Shelf == nil {
		return say(w.UploadNowhere.String())
	}
	found, err := d.options.Shelf.Preview(ctx, f.Name, f.Data)
	if err != nil {
		return say(UploadText(err, f.Name, w))
	}
	var skipped []string
	for _, s := range found.Skipped()[:min(skippedAtOnce, len(found.Skipped()))] {
		skipped = append(skipped, s.String())
	}
	known, replaces := 0, 0
	for _, a := range found.Articles() {
		if there := d.Library().Article(a.ID); there != nil && there.Digest == a.Digest {
			known++
		} else if there != nil {
			replaces++
		}
	}
	r := say(w.Upload.With(map[string]any{
		"File": f.Name, "Articles": found.Len(), "Known": known, "Replaces": replaces, "Skipped": skipped, "MoreSkipped": len(found.Skipped()) - len(skipped),
	}))
	for _, a := range found.Articles()[:min(listedAtOnce, found.Len())] {
		l := listed(a)
		l.ID = "" // it has no page yet
		r.Articles = append(r.Articles, l)
	}
	if found.Len() > known {
		token := d.intake.keep(f)
		r.Choices = [][]Choice{{{w.Button["add"], "add:" + token}, {w.Button["cancel"], "cancel:" + token}}}
	}
	return r
}

// UploadText says why a file can't be added.
func UploadText(err error, name string, w *Words) string {
	switch {
	case errors.Is(err, shelf.ErrKind):
		return w.UploadKind.With(map[string]string{"File": name})
	case errors.Is(err, shelf.ErrSize):
		return w.UploadSize.With(map[string]string{"File": name})
	case errors.Is(err, shelf.ErrSame):
		return w.UploadSame.With(map[string]string{"File": name})
	}
	return w.UploadFailed.With(map[string]string{"File": name, "Reason": err.Error()})
}

// add puts a file that was offered into the folder and reads all again.
func (d *Desk) add(ctx context.Context, token string, w *Words) (Outcome, error) {
	f, ok := d.intake.files.Get(token)
	if !ok || d.options.Shelf == nil {
		return Outcome{}, errOld
	}
	d.intake.drop(token)
	report, err := d.Add(ctx, f)
	return Outcome{Reply: &Reply{Text: AddedText(report, err, f.Name, w)}, Edit: true}, nil
}

// AddedText says what adding a file did.
func AddedText(report Report, err error, name string, w *Words) string {
	if err != nil && report.Articles == 0 { // it did not come to a reload
		return UploadText(err, name, w)
	}
	return ReloadText(report, err, w)
}

// Add puts a file into the folder of knowledge and reads all again.
func (d *Desk) Add(ctx context.Context, f File) (Report, error) {
	if d.options.Shelf == nil {
		return Report{}, ErrNoShelf
	}
	name, err := d.options.Shelf.Add(f.Name, f.Data)
	if err != nil {
		return Report{}, err
	}
	d.log.Info("a file was added to the knowledge", "file", name, "bytes", len(f.Data))
	return d.Reload(ctx)
}

// ErrNoShelf says that there is no folder that files could be added to.
var ErrNoShelf = errors.New("the knowledge is in no folder that can be changed")

// TakeOut takes an article out of the answers; remove also takes its file away if
// it holds no other article. It can be put back: for a day where the file was taken
// away, else at any time.
func (d *Desk) TakeOut(ctx context.Context, a *knowledge.Article, remove bool, by string) error {
	e := state.Exclusion{Article: a.ID, Title: a.Name(), By: d.state.Hash("editor", by), Kind: "exclude", At: time.Now()}
	if remove && d.options.Shelf != nil && d.options.Shelf.Holds(a.File) && d.alone(a) {
		undo, err := d.options.Shelf.Remove(a.File)
		if err != nil {
			return fmt.Errorf("remove article %s: %w", a.ID, err)
		}
		e.Kind, e.Undo = "remove", undo
	}
	if err := d.state.Exclude(ctx, e); err != nil {
		return err
	}
	d.log.Info("an article was taken out", "article", a.ID, "kind", e.Kind)
	_, err := d.Reload(ctx)
	return err
}

// alone reports whether no other article is read from the file of this one.
func (d *Desk) alone(a *knowledge.Article) bool {
	for _, o := range d.Library().Articles() {
		if o != a && o.File == a.File {
			return false
		}
	}
	return true
}

// Taken reports whether an article was taken out already, and with removed its file
// too.
func (d *Desk) Taken(ctx context.Context, articleID string, removed bool) bool {
	all, err := d.state.Exclusions(ctx)
	if err != nil {
		d.log.Error("the articles that were taken out could not be read", "error", err)
	}
	return slices.ContainsFunc(all, func(e state.Exclusion) bool { return e.Article == articleID && (e.Undo != "" || !removed) })
}

// PutBack undoes [Desk.TakeOut].
func (d *Desk) PutBack(ctx context.Context, articleID string) error {
	e, found, err := d.state.Include(ctx, articleID)
	if err != nil || !found {
		return err
	}
	if e.Undo != "" && d.options.Shelf != nil {
		if err := d.options.Shelf.Restore(e.Undo); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return errors.Join(err, d.state.Exclude(ctx, e))
		}
	}
	_, err = d.Reload(ctx)
	return err
}

// without leaves the excluded articles out of a library.
func (d *Desk) without(ctx context.Context, l *knowledge.Library) (*knowledge.Library, error) {
	excluded, err := d.state.Exclusions(ctx)
	if err != nil {
		return nil, err
	}
	out := make(map[string]bool)
	for _, e := range excluded {
		if e.Undo == "" { // else its file is gone, and a new one by the same id is meant
			out[e.Article] = true
		}
	}
	if len(out) == 0 {
		return l, nil
	}
	var kept []*knowledge.Article
	for _, a := range l.Articles() {
		if !out[a.ID] {
			kept = append(kept, a)
		}
	}
	return knowledge.NewLibrary(kept, l.Skipped()), nil
}

// discard deletes for good what was removed more than a day ago.
func (d *Desk) discard(ctx context.Context, now time.Time) {
	all, err := d.state.Exclusions(ctx)
	if err != nil {
		d.log.Error("removed articles could not be looked through", "error", err)
	}
	for _, e := range all {
		if e.Undo == "" || now.Sub(e.At) < undoTime {
			continue
		}
		if d.options.Shelf != nil {
			if err := d.options.Shelf.Discard(e.Undo); err != nil && !errors.Is(err, fs.ErrNotExist) {
				d.log.Warn("a removed file could not be deleted", "error", err)
			}
		}
		if _, _, err := d.state.Include(ctx, e.Article); err != nil {
			d.log.Error("a removal could not be forgotten", "error", err)
		}
	}
}
