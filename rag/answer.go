package rag

import (
	"context"

	"xiangwen/knowledge"
	"xiangwen/rag/proof"
)

// Status says what kind of answer was given; the same word everywhere.
type Status string

const (
	Answered   Status = "answered"
	Partial    Status = "partial"    // a part of what was asked could be proven
	NotFound   Status = "not_found"  // the knowledge holds no evidence; not an error
	Clarify    Status = "clarify"    // the question can't be read: too long, no words in it
	Redirected Status = "redirected" // greeting, help, emergency number
	Declined   Status = "declined"   // abuse, injection
	Failed     Status = "error"
)

// MethodExtractive is Answer.Method for an answer made of the articles' own
// sentences; any other value is the name of the model that wrote it.
const MethodExtractive = "extractive"

// Question is what the engine is asked.
type Question struct {
	Text     string
	Language string // the reader's, "zh" or "en"; "" is "zh"
	Passages int    // how many ranked passages to return; 0 is 10
	// History are the turns of the conversation before, oldest first: a question that
	// leans on the last one is completed from it.
	History []Turn
	// Eager has the question answered however weak the evidence is: what would
	// have been said is what an evaluation sets the threshold by.
	Eager bool
	// Article has the answer be sought in one article only, by its id; "" is in all.
	Article string
	// Extractive leaves the model out.
	Extractive bool
	// Said is called with each sentence of a model's answer once it is proven, as
	// it is appended to Answer.Text; nil where nobody waits for it. What was said
	// stays in the answer.
	Said func(text string)

	// said is what was told of the same before, where more is wanted.
	said []Citation
}

// Turn is a question of a conversation that was answered, or that nothing was
// found for.
type Turn struct {
	Question  string // as it was searched for
	Text      string // the answer's, with marks
	Citations []Citation
}

// Answer is a question's answer in the shape that every front end renders
// (DESIGN.md, "answer object").
type Answer struct {
	ID       string `json:"id,omitempty"` // names the answer in feedback; given by the desk
	Question string `json:"question"`
	// SearchedFor is the question as it was completed from the conversation; empty
	// where it stood on its own.
	SearchedFor string     `json:"searched_for,omitempty"`
	Status      Status     `json:"status"`
	Text        string     `json:"answer"` // with marks [n], n being a Citation.Number
	Method      string     `json:"method,omitempty"`
	Citations   []Citation `json:"citations"` // in the order of their first mark
	Passages    []Passage  `json:"passages"`  // ranked, best first
	// Suggestions are the articles that come nearest where nothing was found;
	// never an answer.
	Suggestions []Suggestion `json:"suggestions,omitempty"`
	// Confidence is the estimated probability that the passages hold an answer; see
	// [MinConfidence]. 0 where nobody had to judge it.
	Confidence float64 `json:"confidence,omitempty"`
	// Dropped are the sentences of a model's answer that were not said.
	Dropped []Dropped `json:"dropped,omitempty"`
	Usage   *Usage    `json:"usage,omitempty"`  // tokens that the model was paid for; nil if it was not asked
	Cached  bool      `json:"cached,omitempty"` // the model had answered the same before
	// Failure is why a model that was asked, or would have been, did not answer:
	// for logs and metrics.
	Failure      Reason  `json:"-"`
	Conversation string  `json:"conversation,omitempty"`
	TookMS       float64 `json:"took_ms"`
	Stages       Stages  `json:"stages"`
}

// Dropped is a sentence that was not said, and why.
type Dropped struct {
	Text string     `json:"text"`
	Kind proof.Kind `json:"kind"`
	What string     `json:"what"` // the part of it that is not proven
}

// Stages tells how long each part of answering took, in milliseconds.
type Stages struct {
	Retrieve float64 `json:"retrieve_ms"`
	Generate float64 `json:"generate_ms,omitempty"` // 0 without a model
	Extract  float64 `json:"extract_ms,omitempty"`  // 0 where the model's answer stood
	Verify   float64 `json:"verify_ms"`
}

// Citation is the proof of a sentence: a range of an article, to the letter.
type Citation struct {
	Number    int    `json:"number"` // 1-based, as in the mark
	ArticleID string `json:"article_id"`
	Title     string `json:"title"`
	Source    string `json:"source"`
	Date      string `json:"date"`
	URL       string `json:"url"`
	Quote     string `json:"quote"`
	Start     int    `json:"start"` // in characters of the article's text
	End       int    `json:"end"`   // just behind the quote
}

// Suggestion is an article that is near to what was asked.
type Suggestion struct {
	ArticleID string `json:"article_id"`
	Title     string `json:"title"`
	Source    string `json:"source"`
	Date      string `json:"date"`
	URL       string `json:"url"`
}

// Passage is a chunk and its score; higher is better, comparable within one
// answer only.
type Passage struct {
	ArticleID string  `json:"article_id"`
	Chunk     int     `json:"chunk"` // ordinal within the article, from 0
	Score     float64 `json:"score"`
	Text      string  `json:"text"`
}

// Asker answers questions. It does not return an error: a failure is an answer
// with status [Failed], so that every front end has something to show.
type Asker interface {
	Ask(ctx context.Context, q Question) Answer
}

// cite makes the citation for the range [start, end) in bytes of an article's
// text.
func cite(a *knowledge.Article, number, start, end int) Citation {
	from := a.RuneOffset(start)
	quote := a.Text[start:end]
	return Citation{
		Number: number, ArticleID: a.ID, Title: a.Name(), Source: a.Source, Date: a.Date, URL: a.URL,
		Quote: quote, Start: from, End: from + len([]rune(quote)),
	}
}
