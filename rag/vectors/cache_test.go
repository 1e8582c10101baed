package vectors

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"xiangwen/knowledge"
	"xiangwen/rag/index"
	"xiangwen/rag/model"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fake embeds a text as a unit vector that tells it from others.
type fake struct {
	name  string
	size  int
	asked []string
	fail  func(asked int) error // nil never fails
}

func (f *fake) Name() string { return f.name }

func (f *fake) Embed(_ context.Context, texts []string) ([][]float32, error) {
	var out [][]float32
	for _, text := range texts {
		if f.fail != nil {
			if err := f.fail(len(f.asked)); err != nil {
				return out, err
			}
		}
		f.asked = append(f.asked, text)
		out = append(out, f.unit(text))
	}
	return out, nil
}

func (f *fake) unit(text string) []float32 {
	if text == "" {
		return nil
	}
	v := make([]float32, f.size)
	v[int(text[len(text)-1])%f.size] = 1
	return v
}

func letters(n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = fmt.Sprintf("%d%c", i, 'a'+i%26)
	}
	return out
}

// load embeds texts through a new cache, as a new process would, and returns the
// log. Each vector must be its text's, or missing beside an error.
func load(t *testing.T, dir string, f *fake, texts []string) (log string, missing int, err error) {
	t.Helper()
	var b bytes.Buffer
	got, err := NewCache(f, dir, slog.New(slog.NewTextHandler(&b, nil))).Embed(t.Context(), texts)
	if len(got) != len(texts) {
		t.Fatalf("%d vectors for %d texts, %v", len(got), len(texts), err)
	}
	for i, text := range texts {
		if got[i] == nil {
			missing++
		} else if want := f.unit(text); fmt.Sprint(got[i]) != fmt.Sprint(want) {
			t.Fatalf("%q has %v, want %v", text, got[i], want)
		}
	}
	return b.String(), missing, err
}

// loads is load of what must succeed in silence, with so many texts asked for.
func loads(t *testing.T, dir string, f *fake, texts []string, asked int) {
	t.Helper()
	before := len(f.asked)
	if log, missing, err := load(t, dir, f, texts); log != "" || missing > 0 || err != nil || len(f.asked)-before != asked {
		t.Errorf("%d texts were asked for, want %d; %d are missing, %v\n%s", len(f.asked)-before, asked, missing, err, log)
	}
}

func TestOnlyWhatIsNewIsEmbedded(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a b%20#?c", "data")
	texts := letters(3 * step)
	one, two := &fake{name: "one", size: 26}, &fake{name: "two", size: 30}
	loads(t, dir, one, texts, len(texts))
	loads(t, dir, one, texts, 0)
	loads(t, dir, one, append([]string{"new", "new"}, texts...), 1)
	loads(t, dir, two, texts, len(texts)) // another model's vectors are not taken
	loads(t, dir, one, texts, 0)
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	for _, question := range []string{"质量", "z"} {
		if v, err := NewCache(one, dir, nil).EmbedQuestion(t.Context(), question); err != nil || len(v) != 26 {
			t.Errorf("%v, %v", v, err)
		}
	}
	loads(t, dir, one, []string{"z"}, 1) // the question was not kept
}

func TestTextsWithoutVectorAreAskedAgain(t *testing.T) {
	dir, f := t.TempDir(), &fake{name: "one", size: 3}
	for range 2 {
		if _, missing, err := load(t, dir, f, []string{"", "a"}); missing != 1 || err != nil {
			t.Errorf("%d are missing, %v", missing, err)
		}
	}
	if got := strings.Join(f.asked, ","); got != ",a," {
		t.Errorf("asked for %q", got)
	}
}

func TestALoadThatFailsKeepsWhatItHasPaidFor(t *testing.T) {
	const paid = 2*step + 5
	dir, texts := t.TempDir(), letters(4*step)
	broke := errors.New("no money")
	f := &fake{name: "one", size: 26, fail: func(asked int) error {
		if asked == paid {
			return broke
		}
		return nil
	}}
	if _, missing, err := load(t, dir, f, texts); missing != len(texts)-paid || !errors.Is(err, broke) {
		t.Errorf("%d are missing, %v", missing, err)
	}
	// What the file has is returned although new texts in front of it fail.
	if _, missing, err := load(t, dir, f, append([]string{"new"}, texts[:paid]...)); missing != 1 || !errors.Is(err, broke) {
		t.Errorf("%d are missing, %v", missing, err)
	}
	f.fail = nil
	loads(t, dir, f, texts, len(texts)-paid)
}

func TestACancelledLoadKeepsItsBatches(t *testing.T) {
	dir, texts := t.TempDir(), letters(3*step)
	ctx, cancel := context.WithCancel(t.Context())
	f := &fake{name: "one", size: 26, fail: func(asked int) error {
		if asked == step {
			cancel()
			return ctx.Err()
		}
		return nil
	}}
	if _, err := NewCache(f, dir, slog.New(slog.DiscardHandler)).Embed(ctx, texts); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if got, err := NewCache(f, dir, slog.New(slog.DiscardHandler)).Embed(ctx, texts); got != nil || !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	f.fail = nil
	loads(t, dir, f, texts, 2*step)
}

func TestAnotherModelBehindTheSameName(t *testing.T) {
	dir, texts := t.TempDir(), letters(2*step)
	loads(t, dir, &fake{name: "one", size: 26}, texts, len(texts))
	f := &fake{name: "one", size: 30}
	log, missing, err := load(t, dir, f, append([]string{"new"}, texts...))
	if missing != 0 || err != nil || strings.Count(log, "\n") != 1 || !strings.Contains(log, "another length") {
		t.Errorf("%d are missing, %v\n%s", missing, err, log)
	}
	loads(t, dir, f, texts, 0)
}

// spoil changes the bytes of a file that holds vectors.
func spoil(t *testing.T, dir string, change func([]byte) []byte) {
	t.Helper()
	name := filepath.Join(dir, FileName)
	data, err := os.ReadFile(name)
	if err == nil {
		err = os.WriteFile(name, change(data), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestADamagedFileCostsEmbedding(t *testing.T) {
	fill := func(data []byte) []byte {
		for i := range data {
			data[i] = byte(i*7 + i>>8)
		}
		return data
	}
	for name, c := range map[string]struct {
		change func([]byte) []byte
		quiet  bool // nothing tells that it was there
		some   bool // and only some of it is lost
	}{
		"noise":               {fill, false, false},
		"a few bytes":         {func([]byte) []byte { return []byte("SQLite") }, false, false},
		"empty":               {func([]byte) []byte { return nil }, true, false},
		"truncated":           {func(data []byte) []byte { return data[:len(data)/2] }, false, false},
		"noise in the middle": {func(data []byte) []byte { fill(data[len(data)/3 : len(data)/2]); return data }, false, false},
		"noise in a vector": {func(data []byte) []byte {
			vector := encode((&fake{size: 26}).unit("k"))
			return bytes.ReplaceAll(data, vector, fill(bytes.Clone(vector)))
		}, true, true},
		"another version": {func(data []byte) []byte { data[63] = 9; return data }, false, false}, // big-endian at 60
	} {
		t.Run(name, func(t *testing.T) {
			dir, texts, f := t.TempDir(), letters(8*step), &fake{name: "one", size: 26}
			loads(t, dir, f, texts, len(texts))
			spoil(t, dir, c.change)
			f.asked = nil
			log, missing, err := load(t, dir, f, texts)
			if missing > 0 || err != nil || c.quiet != (log == "") || !c.quiet && strings.Count(log, "\n") != 1 {
				t.Errorf("%d are missing, %v\n%s", missing, err, log)
			}
			if n := len(f.asked); n == 0 || c.some != (n < len(texts)) {
				t.Errorf("%d of %d texts were embedded again", n, len(texts))
			}
			loads(t, dir, f, texts, 0) // and the new file is well
			if _, err := os.Stat(filepath.Join(dir, FileName+".damaged")); !c.quiet && err != nil {
				t.Error(err)
			}
		})
	}
}

func TestWithoutAFileItGoesOn(t *testing.T) {
	texts := letters(3 * step)
	for name, dir := range map[string]func(t *testing.T) string{
		"no folder can be made": func(t *testing.T) string {
			file := filepath.Join(t.TempDir(), "file")
			if err := os.WriteFile(file, nil, 0o600); err != nil {
				t.Fatal(err)
			}
			return filepath.Join(file, "data")
		},
		"a folder has its name": func(t *testing.T) string {
			dir := t.TempDir()
			if err := os.Mkdir(filepath.Join(dir, FileName), 0o700); err != nil {
				t.Fatal(err)
			}
			return dir
		},
		"a read-only folder": func(t *testing.T) string {
			if os.Getuid() == 0 {
				t.Skip("root writes everywhere")
			}
			dir := t.TempDir()
			if err := os.Chmod(dir, 0o500); err != nil {
				t.Fatal(err)
			}
			return dir
		},
		"a full disk": func(t *testing.T) string {
			if _, err := os.Stat("/dev/full"); err != nil {
				t.Skip(err)
			}
			dir := t.TempDir()
			loads(t, dir, &fake{name: "one", size: 26}, texts[:1], 1)
			if err := os.Symlink("/dev/full", filepath.Join(dir, FileName+"-wal")); err != nil {
				t.Fatal(err)
			}
			return dir
		},
	} {
		t.Run(name, func(t *testing.T) {
			log, missing, err := load(t, dir(t), &fake{name: "one", size: 26}, texts)
			if missing > 0 || err != nil || strings.Count(log, "\n") != 1 || !strings.Contains(log, "can't be kept") {
				t.Errorf("%d are missing, %v\n%s", missing, err, log)
			}
		})
	}
}

func TestWhatIsNotUsedIsRemoved(t *testing.T) {
	dir, texts, f := t.TempDir(), letters(4), &fake{name: "one", size: 26}
	loads(t, dir, f, texts, 4)
	db, err := sql.Open("sqlite", filepath.Join(dir, FileName))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec("UPDATE vectors SET day = day - ?", keepDays+1); err != nil {
		t.Fatal(err)
	}
	loads(t, dir, f, texts[:1], 0) // in use again, the others go
	loads(t, dir, f, texts, 3)
	var old int
	if err := db.QueryRow("SELECT COUNT(*) FROM vectors WHERE day < ?", today()).Scan(&old); err != nil || old > 0 {
		t.Errorf("%d rows are marked as old, %v", old, err)
	}
}

func TestSeveralProcesses(t *testing.T) {
	dir, texts := t.TempDir(), letters(4*step)
	var all sync.WaitGroup
	for range 6 {
		all.Go(func() {
			if log, missing, err := load(t, dir, &fake{name: "one", size: 26}, texts); log != "" || missing > 0 || err != nil {
				t.Errorf("%d are missing, %v\n%s", missing, err, log)
			}
		})
	}
	all.Wait()
	loads(t, dir, &fake{name: "one", size: 26}, texts, 0)
}

// TestAChangedArticleCostsItsOwnChunks goes the whole way: index, cache, model,
// server.
func TestAChangedArticleCostsItsOwnChunks(t *testing.T) {
	var asked []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var body struct{ Input []string }
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
			t.Error(err)
		}
		asked = append(asked, body.Input...)
		var data []map[string]any
		for i, text := range body.Input {
			data = append(data, map[string]any{"index": i, "embedding": []int{1, len(text)}})
		}
		json.NewEncoder(w).Encode(map[string]any{"data": data})
	}))
	defer server.Close()
	library := func(changed string) *knowledge.Library {
		articles := make([]*knowledge.Article, 10_000)
		for i := range articles {
			a := knowledge.Article{ID: fmt.Sprint(i), Title: fmt.Sprintf("第%d号新闻", i)}
			text := fmt.Sprintf("%d村修路。", i)
			if i == 4321 {
				for n := range 100 {
					changed += fmt.Sprintf("这件事还要说第%d句。", n)
				}
				text = changed
			}
			articles[i] = knowledge.NewArticle(a, []knowledge.Paragraph{{Text: text}})
		}
		return knowledge.NewLibrary(articles, nil)
	}
	dir := t.TempDir()
	var x *index.Index
	build := func(changed string, previous *index.Index) {
		t.Helper()
		asked = nil
		config := model.Config{BaseURL: server.URL, EmbeddingModel: "embeddy"}
		cache := NewCache(model.NewEmbedder(config), dir, slog.New(slog.NewTextHandler(os.Stderr, nil)))
		var err error
		if x, err = index.Build(t.Context(), library(changed), cache, index.Options{}, previous); err != nil || x.Missing() > 0 {
			t.Fatalf("%d are missing, %v", x.Missing(), err)
		}
	}
	build("", nil)
	if len(asked) != x.Len() || x.Len() < 10_000 {
		t.Errorf("%d texts were asked for, of %d chunks", len(asked), x.Len())
	}
	for i, previous := range []*index.Index{x, nil} { // a reload and a restart
		build(fmt.Sprintf("改了%d次。", i+1), previous)
		others := slices.ContainsFunc(asked, func(s string) bool { return !strings.HasPrefix(s, "第4321号新闻\n") })
		if own := x.Len() - 9_999; len(asked) == 0 || len(asked) > own || others {
			t.Errorf("%d texts were asked for, the article has %d: %.50q", len(asked), own, asked)
		}
	}
	build("改了2次。", nil)
	if len(asked) > 0 {
		t.Errorf("%d texts were asked for though nothing has changed", len(asked))
	}
}
