package bot

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"text/template"

	"github.com/BurntSushi/toml"
)

//go:embed words/*.toml
var wordFiles embed.FS

// Languages are the languages the desk speaks, the default one first.
var Languages = []string{"zh", "en"}

// Phrase is a sentence of the words file: a text/template.
type Phrase struct{ t *template.Template }

// UnmarshalText parses the sentence; a template error names it.
func (p *Phrase) UnmarshalText(text []byte) (err error) {
	p.t, err = template.New("phrase").Option("missingkey=error").Parse(strings.TrimSpace(string(text)))
	return err
}

// With fills the sentence in.
func (p Phrase) With(data any) string {
	var b strings.Builder
	if err := p.t.Execute(&b, data); err != nil {
		// An editor's file can name a field that is not there. What was
		// written so far still tells the reader more than nothing.
		return strings.TrimSpace(b.String())
	}
	return b.String()
}

func (p Phrase) String() string { return p.With(nil) }

// Words is one language's file: everything that residents and admins read.
type Words struct {
	Start, Help, Sources                        Phrase
	SourcesNone                                 Phrase `toml:"sources_none"`
	Greeting, Thanks, Goodbye, About, Emergency Phrase
	Declined                                    Phrase
	Empty, Unreadable                           Phrase
	TooLong                                     Phrase `toml:"too_long"`
	TooFast                                     Phrase `toml:"too_fast"`
	OnlyText                                    Phrase `toml:"only_text"`
	Edited                                      Phrase
	UnknownCommand                              Phrase `toml:"unknown_command"`
	NotFound                                    Phrase `toml:"not_found"`
	Failed, Busy, Forgotten, Privacy            Phrase
	Added                                       Phrase // to a group

	Topics, Topic, Latest, Related, News Phrase
	TopicsNone                           Phrase `toml:"topics_none"`
	RelatedNone                          Phrase `toml:"related_none"`
	Language                             Phrase
	LanguageSet                          Phrase `toml:"language_set"`
	FollowWhat                           Phrase `toml:"follow_what"`
	FollowNowhere                        Phrase `toml:"follow_nowhere"`
	FollowLength                         Phrase `toml:"follow_length"`
	FollowFull                           Phrase `toml:"follow_full"`
	Followed, Unfollowed, Following      Phrase
	FollowedAlready                      Phrase `toml:"followed_already"`
	FollowingNone                        Phrase `toml:"following_none"`
	FeedbackThanks                       Phrase `toml:"feedback_thanks"`
	FeedbackWhy                          Phrase `toml:"feedback_why"`
	ButtonOld                            Phrase `toml:"button_old"`
	ButtonNotYours                       Phrase `toml:"button_not_yours"`
	Cancelled                            Phrase
	InlineAsk                            Phrase `toml:"inline_ask"`

	ReloadDone     Phrase `toml:"reload_done"`
	ReloadSame     Phrase `toml:"reload_same"`
	ReloadFailed   Phrase `toml:"reload_failed"`
	ReloadRunning  Phrase `toml:"reload_running"`
	Reloading      Phrase
	Stats          Phrase
	Unanswered     Phrase
	UnansweredNone Phrase `toml:"unanswered_none"`
	WeeklyOn       Phrase `toml:"weekly_on"`
	WeeklyOff      Phrase `toml:"weekly_off"`
	Weekly         Phrase
	Upload         Phrase
	UploadNowhere  Phrase            `toml:"upload_nowhere"`
	UploadKind     Phrase            `toml:"upload_kind"`
	UploadSize     Phrase            `toml:"upload_size"`
	UploadSame     Phrase            `toml:"upload_same"`
	UploadFailed   Phrase            `toml:"upload_failed"`
	TakeOut        map[string]Phrase `toml:"take_out"`      // by command: remove, exclude
	TakeOutSure    map[string]Phrase `toml:"take_out_sure"` // the same
	TakeOutWhat    Phrase            `toml:"take_out_what"`
	TakeOutNone    Phrase            `toml:"take_out_none"`
	TakenOut       Phrase            `toml:"taken_out"`
	PutBack        Phrase            `toml:"put_back"`
	Excluded       Phrase
	ExcludedNone   Phrase            `toml:"excluded_none"`
	Alarm          map[string]Phrase // by Alarm

	Menu, Label, Button map[string]string
	Routes              map[string][]string

	router *router // of all languages together
}

// LoadWords reads the built-in words, overridden sentence by sentence and list
// by list by the files of the same name in dir ("" for none). All problems are
// in the error, with the file and the key.
func LoadWords(dir string) (map[string]*Words, error) {
	all := make(map[string]*Words, len(Languages))
	var errs []error
	for _, lang := range Languages {
		w := &Words{}
		name := lang + ".toml"
		if _, err := w.read(wordFiles, "words/"+name); err != nil {
			errs = append(errs, fmt.Errorf("built-in words file %s: %w", name, err))
		}
		if dir != "" {
			own, err := w.read(os.DirFS(dir), name)
			if err == nil { // the phrases by themselves, so that an error is this file's
				err = newRouter().addAll(lang, own)
			}
			if err != nil && !errors.Is(err, fs.ErrNotExist) {
				errs = append(errs, fmt.Errorf("words file %s: %w", filepath.Join(dir, name), err))
			}
		}
		all[lang] = w
	}
	if dir != "" {
		if _, err := os.Stat(dir); err != nil {
			errs = append(errs, fmt.Errorf("words folder: %w", err))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return all, err
	}
	r := newRouter()
	for _, lang := range Languages {
		if err := r.addAll(lang, all[lang].Routes); err != nil {
			errs = append(errs, fmt.Errorf("built-in words file %s.toml: %w", lang, err))
		}
		all[lang].router = r
	}
	return all, errors.Join(errs...)
}

// read decodes a file over what w has, and returns the lists of routes that
// this file has.
func (w *Words) read(fsys fs.FS, name string) (map[string][]string, error) {
	meta, err := toml.DecodeFS(fsys, name, w)
	if err != nil {
		return nil, err
	}
	if unknown := meta.Undecoded(); len(unknown) > 0 {
		return nil, fmt.Errorf("unknown key %q", unknown[0].String())
	}
	own := make(map[string][]string)
	for key, list := range w.Routes {
		if meta.IsDefined("routes", key) {
			own[key] = list
		}
	}
	return own, nil
}
