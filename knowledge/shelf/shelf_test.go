package shelf

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"xiangwen/knowledge/load"
)

const article = "东河镇种茶\n\n东河镇今年新种茶树三百亩，茶农有八百户。镇里还修了两条路，通到每一块茶园。\n"

func newShelf(t *testing.T) (*Shelf, string) {
	t.Helper()
	folder := t.TempDir()
	s, err := New(folder)
	if err != nil {
		t.Fatal(err)
	}
	return s, folder
}

func TestPreview(t *testing.T) {
	s, folder := newShelf(t)
	l, err := s.Preview(t.Context(), "a.txt", []byte(article))
	if err != nil || l.Len() != 1 {
		t.Errorf("%d articles, %v", l.Len(), err)
	}
	l, err = s.Preview(t.Context(), "zip.txt", append([]byte("PK\x03\x04"), bytes.Repeat([]byte{0, 1, 2}, 500)...))
	if err != nil || l.Len() != 0 || len(l.Skipped()) != 1 {
		t.Errorf("a zip file: %d articles, %v, %v", l.Len(), l.Skipped(), err)
	}
	for name, want := range map[string]error{"a.docx": ErrKind, "a": ErrKind, ".txt": ErrKind, "": ErrKind, "../": ErrKind} {
		if _, err := s.Preview(t.Context(), name, []byte(article)); !errors.Is(err, want) {
			t.Errorf("%q: %v", name, err)
		}
	}
	if _, err := s.Preview(t.Context(), "a.txt", make([]byte, load.MaxFile+1)); !errors.Is(err, ErrSize) {
		t.Error(err)
	}
	if files, _ := os.ReadDir(folder); len(files) != 0 {
		t.Errorf("a preview left %v", files)
	}
}

func TestAddRemoveRestore(t *testing.T) {
	s, folder := newShelf(t)
	name, err := s.Add("../../etc/a.txt", []byte(article))
	if err != nil || filepath.Base(name) != name || !s.Holds(filepath.Join(folder, name)) {
		t.Fatalf("%q %v", name, err)
	}
	if _, err := s.Add("../../etc/a.txt", []byte(article)); !errors.Is(err, ErrSame) {
		t.Error(err)
	}
	second, err := s.Add("../../etc/a.txt", []byte(article+"再加一句话。"))
	if err != nil || second == name || !strings.HasSuffix(second, ".txt") {
		t.Errorf("%q %v", second, err)
	}
	undo, err := s.Remove(filepath.Join(folder, name))
	if err != nil {
		t.Fatal(err)
	}
	sources, err := load.Paths([]string{folder})
	if err != nil {
		t.Fatal(err)
	}
	if l, err := load.Load(t.Context(), sources, nil); err != nil || l.Len() != 1 {
		t.Errorf("%d articles after one of two was removed, %v", l.Len(), err)
	}
	if err := s.Restore(undo); err != nil {
		t.Fatal(err)
	}
	if data, _ := os.ReadFile(filepath.Join(folder, name)); string(data) != article {
		t.Errorf("%q came back", data)
	}
	if err := s.Restore(undo); err == nil {
		t.Error("restored over a file that is there")
	}
	if undo, err = s.Remove(filepath.Join(folder, name)); err != nil {
		t.Fatal(err)
	}
	if err := s.Discard(undo); err != nil || s.Restore(undo) == nil {
		t.Errorf("discarded: %v", err)
	}
	outside := filepath.Join(t.TempDir(), "b.txt")
	if err := os.WriteFile(outside, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Remove(outside); err == nil || s.Holds(outside) || s.Restore("../b.txt") == nil || s.Discard("../b.txt") == nil {
		t.Errorf("a file outside of the folder: %v", err)
	}
}

func TestNoFolder(t *testing.T) {
	if _, err := New(filepath.Join(t.TempDir(), "no")); err == nil {
		t.Error("no error")
	}
	file := filepath.Join(t.TempDir(), "a.txt")
	if err := WriteFile(file, []byte(article)); err != nil {
		t.Fatal(err)
	}
	if _, err := New(file); err == nil {
		t.Error("a file was taken for a folder")
	}
}
