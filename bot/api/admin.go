package api

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
	"time"

	"xiangwen/bot"
	"xiangwen/bot/problem"
	"xiangwen/bot/state"
	"xiangwen/knowledge"
	"xiangwen/knowledge/load"
	"xiangwen/knowledge/shelf"
)

// long gives an endpoint the time that a large library takes to load. A client that
// gives up does not stop a reload half-way.
func (s *server) long(w http.ResponseWriter, r *http.Request) (context.Context, context.CancelFunc) {
	if err := http.NewResponseController(w).SetWriteDeadline(time.Now().Add(loadTimeout)); err != nil {
		s.log.Debug("write deadline not extended", "error", err)
	}
	return context.WithTimeout(context.WithoutCancel(r.Context()), loadTimeout)
}

func (s *server) reload(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := s.long(w, r)
	defer cancel()
	report, err := s.desk.Reload(ctx)
	s.report(w, report, err)
}

// report writes what a reload did, or why it did nothing.
func (s *server) report(w http.ResponseWriter, report bot.Report, err error) {
	switch {
	case errors.Is(err, bot.ErrReloading):
		problem.Write(w, http.StatusConflict, err.Error())
		return
	case err != nil:
		problem.Write(w, http.StatusUnprocessableEntity, fmt.Sprintf("%v; the %d articles from before stay in use", err, report.Articles))
		return
	}
	s.send(w, map[string]any{
		"added": heads(report.Diff.Added), "changed": heads(report.Diff.Changed), "removed": heads(report.Diff.Removed),
		"articles": report.Articles, "skipped": skips(report.Skipped), "took_ms": float64(report.Took.Microseconds()) / 1000,
	})
}

func skips(skipped []knowledge.Skip) []knowledge.Skip {
	if skipped == nil {
		return []knowledge.Skip{}
	}
	return skipped
}

// counts are the questions of a time.
type counts struct {
	Questions int     `json:"questions"`
	Answered  int     `json:"answered"`
	NotFound  int     `json:"not_found"`
	Failed    int     `json:"failed"`
	Readers   int     `json:"readers"`
	Tokens    int     `json:"tokens"`
	MedianMS  float64 `json:"median_ms"`
	P95MS     float64 `json:"p95_ms"`
	Up        int     `json:"up"`
	Down      int     `json:"down"`
}

func count(s state.Stats) counts {
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	return counts{s.Questions, s.Answered, s.NotFound, s.Failed, s.Readers, s.Tokens, ms(s.Median), ms(s.P95), s.Up, s.Down}
}

func (s *server) status(w http.ResponseWriter, r *http.Request) {
	now, err := s.desk.Status(r.Context())
	if err != nil {
		s.broken(w, err)
		return
	}
	s.send(w, map[string]any{
		"articles": now.Articles, "chunks": now.Chunks, "version": now.Version, "skipped": skips(now.Skipped), "since": now.Since,
		"reloading": now.Reloading, "durable": now.Durable, "uploads": now.Uploads, "today": count(now.Today), "week": count(now.Week),
	})
}

func (s *server) broken(w http.ResponseWriter, err error) {
	s.log.Error("an admin endpoint failed", "error", err)
	problem.Write(w, http.StatusInternalServerError, "this could not be done; the log says why")
}

// upload adds a file to the knowledge, or with preview=1 only shows what it would
// add.
func (s *server) upload(w http.ResponseWriter, r *http.Request) {
	f, failed := file(w, r)
	if failed != nil {
		problem.Write(w, failed.status, failed.detail, failed.fields...)
		return
	}
	ctx, cancel := s.long(w, r)
	defer cancel()
	if r.URL.Query().Get("preview") != "" {
		found, err := s.desk.Preview(ctx, f)
		if err != nil {
			s.refused(w, err)
			return
		}
		articles := []articleBody{}
		for _, a := range found.Articles() {
			articles = append(articles, bodyOf(a))
		}
		s.send(w, map[string]any{"articles": articles, "skipped": skips(found.Skipped())})
		return
	}
	report, err := s.desk.Add(ctx, f)
	if errors.Is(err, shelf.ErrSame) { // sent again: it is there, which is what was asked for
		report, err = s.desk.Reload(ctx)
	}
	if err != nil && report.Articles == 0 {
		s.refused(w, err)
		return
	}
	s.report(w, report, err)
}

// refused says why a file was not taken.
func (s *server) refused(w http.ResponseWriter, err error) {
	switch {
	case errors.Is(err, shelf.ErrKind):
		problem.Write(w, http.StatusUnsupportedMediaType, err.Error()+"; possible are "+strings.Join(shelf.Kinds, ", "))
	case errors.Is(err, shelf.ErrSize):
		problem.Write(w, http.StatusRequestEntityTooLarge, err.Error())
	case errors.Is(err, bot.ErrNoShelf):
		problem.Write(w, http.StatusConflict, err.Error()+": start with --knowledge and a folder")
	default:
		s.broken(w, err)
	}
}

// file reads an upload: the part "file" of a form, or a body whose name is in the
// query.
func file(w http.ResponseWriter, r *http.Request) (bot.File, *bodyError) {
	r.Body = http.MaxBytesReader(w, r.Body, load.MaxFile+1<<20)
	tooLarge := &bodyError{status: http.StatusRequestEntityTooLarge, detail: fmt.Sprintf("the file is larger than %d MiB", load.MaxFile>>20)}
	var data []byte
	var err error
	name := r.URL.Query().Get("name")
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind == "multipart/form-data" {
		part, header, failed := r.FormFile("file")
		if failed != nil {
			if errors.As(failed, new(*http.MaxBytesError)) {
				return bot.File{}, tooLarge
			}
			return bot.File{}, &bodyError{status: http.StatusBadRequest, detail: `the form has no file in "file"`, fields: []problem.Field{{Field: "file", Detail: "is missing"}}}
		}
		defer part.Close()
		name = header.Filename
		data, err = io.ReadAll(part)
	} else {
		data, err = io.ReadAll(r.Body)
	}
	switch {
	case errors.As(err, new(*http.MaxBytesError)):
		return bot.File{}, tooLarge
	case err != nil:
		return bot.File{}, &bodyError{status: http.StatusBadRequest, detail: "the file could not be read to its end"}
	case name == "":
		return bot.File{}, &bodyError{status: http.StatusBadRequest, detail: `"name": the file needs a name, such as page.txt`, fields: []problem.Field{{Field: "name", Detail: "is missing"}}}
	}
	return bot.File{Name: name, Data: data}, nil
}

// takeOut takes an article out of the answers; with remove=1 its file goes too.
func (s *server) takeOut(w http.ResponseWriter, r *http.Request) {
	remove := r.URL.Query().Get("remove") != ""
	a := s.desk.Library().Article(r.PathValue("id"))
	if a == nil && s.desk.Taken(r.Context(), r.PathValue("id"), remove) { // asked for again
		w.WriteHeader(http.StatusNoContent)
		return
	}
	if a == nil {
		problem.Write(w, http.StatusNotFound, fmt.Sprintf("there is no article %q", r.PathValue("id")))
		return
	}
	ctx, cancel := s.long(w, r)
	defer cancel()
	if err := s.desk.TakeOut(ctx, a, remove, "api"); err != nil {
		s.broken(w, err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// putBack undoes takeOut; what was not taken out stays as it is.
func (s *server) putBack(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := s.long(w, r)
	defer cancel()
	if err := s.desk.PutBack(ctx, r.PathValue("id")); err != nil {
		s.broken(w, err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// days is how far back a list goes.
func days(r *http.Request) (time.Time, *problem.Field) {
	n, err := number(r, "days", 7, 365)
	if err != nil {
		return time.Time{}, &problem.Field{Field: "days", Detail: err.Error()}
	}
	return time.Now().AddDate(0, 0, -n), nil
}

func (s *server) unanswered(w http.ResponseWriter, r *http.Request) {
	since, wrong := days(r)
	if wrong != nil {
		problem.Write(w, http.StatusBadRequest, wrong.Detail, *wrong)
		return
	}
	gaps, err := s.desk.Gaps(r.Context(), since)
	if err != nil {
		s.broken(w, err)
		return
	}
	if r.URL.Query().Get("format") == "csv" || strings.Contains(r.Header.Get("Accept"), "text/csv") {
		w.Header().Set("Content-Type", "text/csv; charset=utf-8")
		w.Header().Set("Content-Disposition", `attachment; filename="unanswered.csv"`)
		w.Header().Set("Cache-Control", "no-store")
		w.Write(s.desk.GapsCSV(gaps, s.language(r, "")))
		return
	}
	if gaps == nil {
		gaps = []bot.Gap{}
	}
	s.send(w, map[string]any{"unanswered": gaps})
}

func (s *server) judgements(w http.ResponseWriter, r *http.Request) {
	since, wrong := days(r)
	if wrong != nil {
		problem.Write(w, http.StatusBadRequest, wrong.Detail, *wrong)
		return
	}
	all, err := s.desk.Feedback(r.Context(), since, 500)
	if err != nil {
		s.broken(w, err)
		return
	}
	type row struct {
		At       time.Time `json:"at"`
		Verdict  string    `json:"verdict"`
		Reason   string    `json:"reason"`
		Question string    `json:"question"`
		Answer   string    `json:"answer"`
		Articles []string  `json:"articles"`
	}
	out := []row{}
	for _, f := range all {
		articles := f.Articles
		if articles == nil {
			articles = []string{}
		}
		out = append(out, row{f.At, f.Verdict, f.Reason, f.Question, f.Answer, articles})
	}
	s.send(w, map[string]any{"feedback": out})
}
