package web

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/hashicorp/golang-lru/v2/expirable"

	"xiangwen/bot"
	"xiangwen/bot/problem"
	"xiangwen/bot/state"
	"xiangwen/knowledge"
	"xiangwen/knowledge/load"
)

const (
	adminCookie  = "xiangwen-admin"
	adminFor     = 12 * time.Hour
	adminsAtOnce = 100
	daysShown    = 30
	rowsShown    = 50
)

// adminView is what the admin page shows.
type adminView struct {
	In     bool   // somebody is signed in
	CSRF   string // to be sent with every form
	Off    bool   // there is no admin token
	Status bot.Status
	Report string // of a reload or an upload

	Upload  string // name of a file that is looked at before it is added
	Token   string // to add it with
	Page    string // its text
	Found   []*knowledge.Article
	Skipped []knowledge.Skip

	Gaps     []bot.Gap
	Feedback []state.FeedbackRow
	Excluded []state.Exclusion
	Chart    []bar
}

// bar is a day of the chart; heights and places are in units of its view box.
type bar struct {
	Date                string
	Questions, Answered int
	X, Width            float64
	AllY, AllHeight     float64
	AnswerY, AnswerHigh float64
}

const chartWidth, chartHeight = 600.0, 120.0

func chart(days []state.Day) []bar {
	most := 1
	for _, d := range days {
		most = max(most, d.Questions)
	}
	var out []bar
	width := chartWidth / float64(max(1, len(days)))
	for i, d := range days {
		all, answered := chartHeight*float64(d.Questions)/float64(most), chartHeight*float64(d.Answered)/float64(most)
		out = append(out, bar{d.Date, d.Questions, d.Answered, float64(i)*width + 1, width - 2, chartHeight - all, all, chartHeight - answered, answered})
	}
	return out
}

// sessions are the admins that are signed in, with the token of their forms.
type sessions struct {
	open    *expirable.LRU[string, string]
	pending *expirable.LRU[string, bot.File] // files that were looked at and not yet added
}

func newSessions() sessions {
	return sessions{expirable.NewLRU[string, string](adminsAtOnce, nil, adminFor), expirable.NewLRU[string, bot.File](8, nil, time.Hour)}
}

// signedIn is the form token of the request's session, "" if there is none.
func (s *server) signedIn(r *http.Request) string {
	c, err := r.Cookie(adminCookie)
	if err != nil {
		return ""
	}
	csrf, _ := s.sessions.open.Get(c.Value)
	return csrf
}

// editors lets only forms of a signed-in admin through.
func (s *server) editors(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, load.MaxFile+1<<20)
		csrf := s.signedIn(r)
		if csrf == "" {
			http.Redirect(w, r, "/admin", http.StatusSeeOther)
			return
		}
		if subtle.ConstantTimeCompare([]byte(csrf), []byte(r.FormValue("csrf"))) != 1 {
			problem.Write(w, http.StatusForbidden, "this form is not of your session; load the page again")
			return
		}
		next(w, r)
	}
}

func (s *server) adminPage(w http.ResponseWriter, r *http.Request) {
	v := s.view(r)
	v.Admin = &adminView{Off: s.config.AdminToken == ""}
	s.showAdmin(w, r, http.StatusOK, v)
}

// showAdmin fills in what every state of the page has.
func (s *server) showAdmin(w http.ResponseWriter, r *http.Request, status int, v view) {
	v.Title = v.Label["admin"]
	a := v.Admin
	a.CSRF = s.signedIn(r)
	if a.In = a.CSRF != ""; a.In {
		var errs [4]error
		var days []state.Day
		a.Status, errs[0] = s.desk.Status(r.Context())
		a.Gaps, errs[1] = s.desk.Gaps(r.Context(), time.Now().AddDate(0, 0, -7))
		a.Feedback, errs[2] = s.desk.Feedback(r.Context(), time.Now().AddDate(0, 0, -daysShown), rowsShown)
		days, errs[3] = s.desk.Daily(r.Context(), daysShown)
		a.Gaps, a.Chart = a.Gaps[:min(rowsShown, len(a.Gaps))], chart(days)
		var err error
		a.Excluded, err = s.desk.Exclusions(r.Context())
		if err := errors.Join(append(errs[:], err)...); err != nil {
			s.log.Error("the admin page is not whole", "error", err)
		}
	}
	w.Header().Set("Cache-Control", "no-store")
	s.show(w, status, "admin.html", v)
}

func (s *server) signIn(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	v := s.view(r)
	v.Admin = &adminView{Off: s.config.AdminToken == ""}
	want, got := sha256.Sum256([]byte(s.config.AdminToken)), sha256.Sum256([]byte(r.PostFormValue("token")))
	if s.config.AdminToken == "" || subtle.ConstantTimeCompare(want[:], got[:]) != 1 {
		s.log.Warn("somebody could not sign in to the admin page")
		v.Message = v.Label["wrong_token"]
		s.showAdmin(w, r, http.StatusUnauthorized, v)
		return
	}
	id := rand.Text()
	s.sessions.open.Add(id, rand.Text())
	http.SetCookie(w, &http.Cookie{Name: adminCookie, Value: id, Path: "/admin", MaxAge: int(adminFor / time.Second), HttpOnly: true, Secure: s.config.Secure, SameSite: http.SameSiteStrictMode})
	http.Redirect(w, r, "/admin?lang="+v.Language, http.StatusSeeOther)
}

func (s *server) signOut(w http.ResponseWriter, r *http.Request) {
	if c, err := r.Cookie(adminCookie); err == nil {
		s.sessions.open.Remove(c.Value)
	}
	http.SetCookie(w, &http.Cookie{Name: adminCookie, Path: "/admin", MaxAge: -1, HttpOnly: true})
	http.Redirect(w, r, "/admin", http.StatusSeeOther)
}

// adminReload reads the knowledge again: with progress in server-sent events where
// the script asks for them, otherwise the page comes back with the report.
func (s *server) adminReload(w http.ResponseWriter, r *http.Request) {
	v := s.view(r)
	words := s.desk.Words(v.Language)
	// It goes on when the admin leaves the page.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), loadTimeout)
	defer cancel()
	http.NewResponseController(w).SetWriteDeadline(time.Now().Add(loadTimeout))
	if !strings.Contains(r.Header.Get("Accept"), "text/event-stream") {
		report, err := s.desk.Reload(ctx)
		v.Admin = &adminView{Report: bot.ReloadText(report, err, words)}
		s.showAdmin(w, r, http.StatusOK, v)
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	control := http.NewResponseController(w)
	tell := func(text string) {
		data, err := json.Marshal(map[string]string{"text": text})
		if err == nil {
			_, err = fmt.Fprintf(w, "event: progress\ndata: %s\n\n", data)
		}
		if err == nil {
			err = control.Flush()
		}
		if err != nil {
			s.log.Debug("event not written", "error", err)
		}
	}
	var told time.Time
	report, err := s.desk.ReloadTold(ctx, func(articles int) {
		if time.Since(told) > time.Second/4 {
			told = time.Now()
			tell(words.Reloading.With(map[string]int{"Articles": articles}))
		}
	})
	tell(bot.ReloadText(report, err, words))
}

// adminUpload shows what a file would be split into, the page beside the articles.
func (s *server) adminUpload(w http.ResponseWriter, r *http.Request) {
	v := s.view(r)
	v.Admin = &adminView{}
	file, header, err := r.FormFile("file")
	if err != nil {
		v.Admin.Report = v.Label["file"]
		s.showAdmin(w, r, http.StatusBadRequest, v)
		return
	}
	defer file.Close()
	data, err := io.ReadAll(file)
	if err != nil {
		problem.Write(w, http.StatusBadRequest, "the file could not be read to its end")
		return
	}
	f := bot.File{Name: header.Filename, Data: data}
	found, err := s.desk.Preview(r.Context(), f)
	if err != nil {
		v.Admin.Report = bot.UploadText(err, f.Name, s.desk.Words(v.Language))
		s.showAdmin(w, r, http.StatusUnprocessableEntity, v)
		return
	}
	v.Admin.Upload, v.Admin.Page, v.Admin.Found, v.Admin.Skipped = f.Name, shown(data), found.Articles(), found.Skipped()
	if found.Len() > 0 {
		v.Admin.Token = rand.Text()
		s.sessions.pending.Add(v.Admin.Token, f)
	}
	s.showAdmin(w, r, http.StatusOK, v)
}

// shown is as much of a file as a page of a browser takes.
func shown(data []byte) string {
	const most = 200 << 10
	cut := ""
	if len(data) > most {
		data, cut = data[:most], "\n…"
	}
	return strings.ToValidUTF8(string(data), "\uFFFD") + cut
}

func (s *server) adminAdd(w http.ResponseWriter, r *http.Request) {
	v := s.view(r)
	v.Admin = &adminView{}
	words := s.desk.Words(v.Language)
	f, ok := s.sessions.pending.Get(r.FormValue("token"))
	if !ok {
		v.Admin.Report = words.ButtonOld.String()
		s.showAdmin(w, r, http.StatusGone, v)
		return
	}
	s.sessions.pending.Remove(r.FormValue("token"))
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), loadTimeout)
	defer cancel()
	report, err := s.desk.Add(ctx, f)
	v.Admin.Report = bot.AddedText(report, err, f.Name, words)
	s.showAdmin(w, r, http.StatusOK, v)
}

// adminTake takes an article out of the answers or puts it back.
func (s *server) adminTake(w http.ResponseWriter, r *http.Request) {
	v := s.view(r)
	v.Admin = &adminView{}
	words := s.desk.Words(v.Language)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), loadTimeout)
	defer cancel()
	id := r.FormValue("id")
	var err error
	if r.FormValue("back") != "" {
		err = s.desk.PutBack(ctx, id)
	} else if a := s.desk.Library().Article(id); a != nil {
		err = s.desk.TakeOut(ctx, a, false, "admin")
	} else {
		v.Admin.Report = v.Label["no_article"]
	}
	if err != nil {
		s.log.Error("an article could not be taken out or put back", "error", err)
		v.Admin.Report = words.Failed.String()
	}
	s.showAdmin(w, r, http.StatusOK, v)
}

func (s *server) adminCSV(w http.ResponseWriter, r *http.Request) {
	if s.signedIn(r) == "" {
		http.Redirect(w, r, "/admin", http.StatusSeeOther)
		return
	}
	gaps, err := s.desk.Gaps(r.Context(), time.Now().AddDate(0, 0, -7))
	if err != nil {
		s.log.Error("unanswered questions could not be looked up", "error", err)
		problem.Write(w, http.StatusInternalServerError, "the questions could not be looked up")
		return
	}
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="unanswered.csv"`)
	w.Header().Set("Cache-Control", "no-store")
	w.Write(s.desk.GapsCSV(gaps, s.language(r)))
}
