// Package shelf changes a folder of knowledge: a file comes in whole or not at
// all, and what is taken out can be put back.
package shelf

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode"

	"xiangwen/knowledge"
	"xiangwen/knowledge/load"
)

// Kinds are the endings of files that can be added.
var Kinds = []string{".txt", ".md", ".jsonl"}

// bin is where removed files wait; the loader skips names that begin with a dot.
const bin = ".removed"

// Errors of [Shelf.Preview] and [Shelf.Add].
var (
	ErrKind = errors.New("files of this kind can't be read")
	ErrSize = fmt.Errorf("the file is larger than %d MiB", load.MaxFile>>20)
	ErrSame = errors.New("the folder has the same file already")
)

// Shelf is a folder of knowledge.
type Shelf struct{ folder string }

// New makes a shelf of a folder, which must exist.
func New(folder string) (*Shelf, error) {
	full, err := filepath.Abs(folder)
	if err != nil {
		return nil, err
	}
	info, err := os.Stat(full)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return nil, fmt.Errorf("%s is not a folder", folder)
	}
	return &Shelf{full}, nil
}

// Preview reads a file as the loader would, without keeping it.
func (s *Shelf) Preview(ctx context.Context, name string, data []byte) (*knowledge.Library, error) {
	name, err := check(name, data)
	if err != nil {
		return nil, err
	}
	folder, err := os.MkdirTemp("", "xiangwen-preview-")
	if err != nil {
		return nil, fmt.Errorf("preview %s: %w", name, err)
	}
	defer os.RemoveAll(folder)
	if err := WriteFile(filepath.Join(folder, name), data); err != nil {
		return nil, err
	}
	return load.Load(ctx, []load.Source{{FS: os.DirFS(folder), Name: name}}, nil)
}

// Add puts a file into the folder, under its own name or, where another one has
// that, under one with a number. It returns the name.
func (s *Shelf) Add(name string, data []byte) (string, error) {
	name, err := check(name, data)
	if err != nil {
		return "", err
	}
	ending := filepath.Ext(name)
	stem := strings.TrimSuffix(name, ending)
	for n := 1; ; n++ {
		if n > 1 {
			name = fmt.Sprintf("%s-%d%s", stem, n, ending)
		}
		full := filepath.Join(s.folder, name)
		there, err := os.ReadFile(full)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return name, WriteFile(full, data)
		case err != nil:
			return "", fmt.Errorf("add %s: %w", name, err)
		case bytes.Equal(there, data):
			return "", ErrSame
		}
	}
}

// check returns a name that is safe to use in the folder.
func check(name string, data []byte) (string, error) {
	name = strings.Map(func(r rune) rune {
		if strings.ContainsRune(`/\:*?"<>|`, r) || !unicode.IsPrint(r) {
			return '-'
		}
		return r
	}, strings.TrimSpace(name))
	name = strings.TrimLeft(name, ".-")
	ending := strings.ToLower(filepath.Ext(name))
	const longest = 80 // characters of the name; file systems take 255 bytes
	if stem := []rune(strings.TrimSuffix(name, filepath.Ext(name))); len(stem) > longest {
		name = string(stem[:longest]) + ending
	} else if len(stem) == 0 {
		return "", ErrKind
	}
	switch {
	case !slices.Contains(Kinds, ending):
		return "", ErrKind
	case len(data) > load.MaxFile:
		return "", ErrSize
	}
	return name, nil
}

// Holds reports whether a file, by the name that the loader gave it, lies in the
// folder.
func (s *Shelf) Holds(file string) bool {
	full, err := filepath.Abs(file)
	if err != nil {
		return false
	}
	within, err := filepath.Rel(s.folder, full)
	return err == nil && filepath.IsLocal(within)
}

// Remove takes a file out of the folder and returns what Restore needs to put it
// back.
func (s *Shelf) Remove(file string) (undo string, err error) {
	full, err := filepath.Abs(file)
	if err == nil {
		undo, err = filepath.Rel(s.folder, full)
	}
	if err != nil || !filepath.IsLocal(undo) {
		return "", fmt.Errorf("%s is not in the folder of knowledge", file)
	}
	kept := filepath.Join(s.folder, bin, undo)
	if err := os.MkdirAll(filepath.Dir(kept), 0o777); err != nil {
		return "", fmt.Errorf("remove %s: %w", file, err)
	}
	return undo, os.Rename(full, kept)
}

// Restore puts a removed file back, unless another one has taken its place.
func (s *Shelf) Restore(undo string) error {
	full := filepath.Join(s.folder, undo)
	if !filepath.IsLocal(undo) {
		return fmt.Errorf("%s is not in the folder of knowledge", undo)
	}
	if _, err := os.Lstat(full); err == nil {
		return fmt.Errorf("put %s back: %w", undo, fs.ErrExist)
	}
	return os.Rename(filepath.Join(s.folder, bin, undo), full)
}

// Discard deletes a removed file for good.
func (s *Shelf) Discard(undo string) error {
	if !filepath.IsLocal(undo) {
		return fmt.Errorf("%s is not in the folder of knowledge", undo)
	}
	return os.Remove(filepath.Join(s.folder, bin, undo))
}

// WriteFile writes beside a file and renames, so that a full disk leaves no half
// of it.
func WriteFile(name string, data []byte) error {
	f, err := os.CreateTemp(filepath.Dir(name), ".xiangwen-*")
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	defer os.Remove(f.Name()) // fails once it is renamed
	_, err = f.Write(data)
	if err == nil {
		err = f.Chmod(0o644)
	}
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return nil
}
