package rag

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"xiangwen/knowledge"
	"xiangwen/knowledge/zh"
	"xiangwen/rag/index"
	"xiangwen/rag/proof"
	"xiangwen/rag/rank"
)

const (
	// manyPassages is how many passages a question over several articles is
	// answered from.
	manyPassages = 60
	// maxPlaces is how many articles it is answered with.
	maxPlaces = 6
	// maxSaid is how many characters each of them may have.
	maxSaid = 90
	// minContext is the share of the question's terms, by rarity, that the best
	// sentence of an article has, with the one before and the titles, if the article
	// is about what is asked: one such is needed, trusted or not, since residents ask
	// in general words (种植) for what the paper calls by its name.
	minContext = 0.5
	// Others may have this share only, if they are so few points behind the best.
	nearContext, nearScore = 0.35, 2.5
	// minNamed is the share of a name, by rarity, that an article's titles and
	// first sentence must have to be news of it.
	minNamed = 0.6
)

// eachPlace is for answers from several articles: a clause or two of each.
var eachPlace = rank.Policy{Price: 0.14, Long: 40, Least: 0.8}

// found is what an article says to a question over several of them.
type found struct {
	claim
	*rank.Sentence
	ranking rank.Ranking // of the article's own sentences
}

// several answers a question over several articles: what each of those says that
// are about it, the newest first. Where only one is, it is an ordinary question
// after all, and so it is where the best one lists what is asked for and no other
// comes near.
func several(q zh.Question, hits []index.Hit, x source, eager bool) (claims []claim, confidence float64) {
	if q.News {
		if claims, confidence = news(q, hits, x); len(claims) > 0 || len(q.Terms) == 0 {
			return claims, confidence
		}
	}
	var all []found
	for _, of := range byArticle(hits) {
		if !names(of[0].Chunk.Article, q.Bodies) {
			continue
		}
		r := x.rank(q, of)
		if len(r.Sentences) == 0 {
			continue
		}
		said := r.Sentences[0].Excerpt(eachPlace)
		if whole := (rank.Excerpt{Sentence: said.Sentence, To: said.To}); whole.Length() <= maxSaid {
			said = whole // its opening names whose it is
		}
		all = append(all, found{named(q, said), said.Sentence, r})
	}
	if len(all) == 0 {
		return nil, 0
	}
	slices.SortStableFunc(all, func(a, b found) int { return cmp.Compare(b.Score, a.Score) })
	best := all[0]
	confidence = best.ranking.Confidence
	enough := eager || slices.ContainsFunc(all, func(f found) bool { return f.Context >= minContext && f.Score >= best.Score-nearScore })
	about := once(slices.DeleteFunc(all, func(f found) bool {
		near := f.Context >= nearContext && f.Score >= best.Score-nearScore
		sure := f.Context >= minContext && f.ranking.Confidence >= MinConfidence
		return !(enough && near) && !sure
	}))
	if len(about) > 0 { // the best may share nothing but a place or a date with the question
		best, confidence = about[0], about[0].ranking.Confidence
	}
	if len(about) > 1 && !(best.lists() && about[1].Score < best.Score-nearScore) {
		return inOrder(about), confidence
	}
	if eager || len(about) == 1 && confidence >= MinConfidence {
		claims = excerpts(q, best.ranking)
	}
	return claims, confidence
}

// byArticle groups the hits that share words with the question by article, in the
// order of the articles' best hits, twice as many articles as are said at most.
func byArticle(hits []index.Hit) [][]index.Hit {
	var out [][]index.Hit
	at := make(map[*knowledge.Article]int)
	for _, h := range hits {
		i, known := at[h.Chunk.Article]
		switch {
		case h.Coverage <= 0:
		case known:
			out[i] = append(out[i], h)
		case len(out) < 2*maxPlaces:
			at[h.Chunk.Article] = len(out)
			out = append(out, []index.Hit{h})
		}
	}
	return out
}

// names reports whether the article has one of the words; schools are not asked of
// an article without any.
func names(a *knowledge.Article, words []string) bool {
	text := zh.Normalize(a.Title + "\n" + a.Place + "\n" + a.Text)
	return len(words) == 0 || slices.ContainsFunc(words, func(w string) bool { return strings.Contains(text, w) })
}

// lists reports whether the sentence is trusted to answer and enumerates things.
func (f found) lists() bool {
	return f.ranking.Confidence >= MinConfidence && strings.Count(f.Text(), "、") >= 2
}

// news answers what is new, of whatever the question names: the first sentence of
// each article that has it in its titles or there. confidence is the largest
// share of the name that one of them has.
func news(q zh.Question, hits []index.Hit, x source) (claims []claim, confidence float64) {
	var articles []*knowledge.Article
	if len(q.Terms) == 0 {
		articles = slices.Clone(x.Library().Articles())
	}
	for _, h := range hits {
		if !slices.Contains(articles, h.Chunk.Article) {
			articles = append(articles, h.Chunk.Article)
		}
	}
	slices.SortStableFunc(articles, newestFirst)
	var all []found
	for _, a := range articles {
		lead := opening(a)
		has := share(q.Terms, strings.Join([]string{a.Title, a.Kicker, a.Subtitle, a.Place, lead.Of(a.Text)}, "\n"), x.IDF)
		if lead == (zh.Span{}) || has < minNamed {
			continue
		}
		confidence = max(confidence, has)
		c := claim{text: shortened(dateline.ReplaceAllString(lead.Of(a.Text), "")), cited: []evidence{{a, lead}}}
		if all = once(append(all, found{claim: c})); len(all) == maxPlaces {
			break
		}
	}
	return inOrder(all), confidence
}

// opening is the first sentence of the article.
func opening(a *knowledge.Article) zh.Span {
	if len(a.Paragraphs) == 0 {
		return zh.Span{}
	}
	p := a.Paragraphs[0]
	s := zh.Sentences(p.Text)[0]
	return zh.Span{Start: p.Start + s.Start, End: p.Start + s.End}
}

// shortened cuts a long sentence behind the first clause with which it has said
// enough.
func shortened(s string) string {
	const long, enough = 80, 40 // characters
	if utf8.RuneCountInString(s) <= long {
		return s
	}
	n := 0
	for i, r := range s {
		if n++; n > enough && strings.ContainsRune("，；", r) {
			return balance(s[:i]) + "…"
		}
	}
	return s
}

// share is the part of the terms' weight that text has; all of it if there are
// no terms.
func share(terms []zh.Term, text string, idf func(zh.Term) float64) float64 {
	has := make(map[zh.Term]bool)
	for _, t := range zh.AppendTerms(nil, zh.Normalize(text)) {
		has[t] = true
	}
	var sum, all float64
	for _, t := range terms {
		if t.IsUnigram() {
			continue
		}
		all += idf(t)
		if has[t] {
			sum += idf(t)
		}
	}
	if all == 0 {
		return 1
	}
	return sum / all
}

// named is the excerpt's claim with the article's place or title in front, unless
// it is clear without: what is listed must be told apart.
func named(q zh.Question, e rank.Excerpt) claim {
	c := claimOf(q, e)
	a := e.Article
	if len(c.cited) > 1 || strings.HasPrefix(c.text, "《") {
		return c
	}
	if a.Place != "" {
		if tells(c.text, a.Place) || tells(q.Text, a.Place) {
			return c
		}
		if at := strings.Index(a.Text, a.Place); at >= 0 {
			c.text = a.Place + "：" + c.text
			if where := sentenceAround(a.Text, at); where != e.Span {
				c.cited = append(c.cited, evidence{a, where})
			}
			return c
		}
	}
	if a.Title != "" && len(zh.Entities(zh.Normalize(c.text))) == 0 {
		c.text = "《" + a.Title + "》：" + c.text
	}
	return c
}

// tells reports whether text has two neighbouring characters of the place that
// are not what any place is called.
func tells(text, place string) bool {
	runes := []rune(place)
	for i := 1; i < len(runes); i++ {
		if pair := string(runes[i-1 : i+1]); !strings.ContainsAny(pair, "省市县区镇乡村") && strings.Contains(text, pair) {
			return true
		}
	}
	return false
}

// once leaves out what nearly repeats another: the newer is kept in the place of
// the first, a correction whenever it is.
func once(all []found) []found {
	var out []found
next:
	for _, f := range all {
		for i, o := range out {
			if alike(f.cited[0].quote(), o.cited[0].quote()) {
				if preferred(f.cited[0].article, o.cited[0].article) < 0 {
					out[i] = f
				}
				continue next
			}
		}
		out = append(out, f)
	}
	return out
}

// inOrder is the claims of the first six, the newest first.
func inOrder(all []found) []claim {
	all = all[:min(maxPlaces, len(all))]
	slices.SortStableFunc(all, func(a, b found) int { return newestFirst(a.cited[0].article, b.cited[0].article) })
	var out []claim
	for _, f := range all {
		out = append(out, f.claim)
	}
	return out
}

// newestFirst compares articles by date, the undated last.
func newestFirst(a, b *knowledge.Article) int { return cmp.Compare(b.Date, a.Date) }

// preferred compares articles that say the same: a correction comes first, then
// the newest.
func preferred(a, b *knowledge.Article) int {
	corrects := func(a *knowledge.Article) int {
		if titles := a.Title + a.Kicker; strings.Contains(titles, "更正") || strings.Contains(titles, "勘误") {
			return 1
		}
		return 0
	}
	return cmp.Or(cmp.Compare(corrects(b), corrects(a)), newestFirst(a, b))
}

// alike reports whether two sentences say the same in nearly the same words: four
// in five character pairs of the shorter one, and no figure that differs.
func alike(a, b string) bool {
	a, b = zh.Normalize(a), zh.Normalize(b)
	if a == b {
		return true
	}
	short, long := pairs(a), pairs(b)
	if len(short) > len(long) {
		short, long = long, short
	}
	n := 0
	for t := range short {
		if long[t] {
			n++
		}
	}
	const enough = 8 // pairs: less is a phrase that any two articles may share
	if len(short) < enough || 5*n < 4*len(short) {
		return false
	}
	return proof.Figures(a, b) || proof.Figures(b, a)
}

func pairs(normalized string) map[zh.Term]bool {
	out := make(map[zh.Term]bool)
	for _, t := range zh.AppendTerms(nil, normalized) {
		if t.IsBigram() {
			out[t] = true
		}
	}
	return out
}

// part is one of the things that a question compares, and the passages that name
// it.
type part struct {
	question zh.Question
	hits     []index.Hit
}

// searchAll finds the k best passages for the question, more of them for one over
// several articles; for a comparison also its parts. With an article's id it finds
// only those of that article.
func searchAll(ctx context.Context, x *index.Index, q zh.Question, k int, article string) (hits []index.Hit, parts []part, err error) {
	if q.Many {
		k = max(k, manyPassages)
	}
	if article != "" {
		const deep = 1000
		hits, err = x.Search(ctx, q, deep)
		hits = slices.DeleteFunc(hits, func(h index.Hit) bool { return h.Chunk.Article.ID != article })
		return hits[:min(k, len(hits))], nil, err
	}
	hits, err = x.Search(ctx, q, k)
	for _, p := range q.Parts {
		asked := zh.ParseQuestion(p.Text)
		found, failed := x.Search(ctx, asked, k)
		err = cmp.Or(err, failed)
		name := zh.AppendTerms(nil, p.Name)
		found = slices.DeleteFunc(found, func(h index.Hit) bool {
			a := h.Chunk.Article
			return share(name, a.Title+"\n"+a.Kicker+"\n"+a.Place+"\n"+a.Text, x.IDF) < minNamed
		})
		parts = append(parts, part{asked, found})
	}
	return hits, parts, err
}

// merged are the passages of all parts, each once, by their scores within their
// own part: the best of each part come first.
func merged(parts []part) []index.Hit {
	type key struct {
		id      string
		ordinal int
	}
	seen := make(map[key]bool)
	var out []index.Hit
	for _, p := range parts {
		for _, h := range p.hits {
			k := key{h.Chunk.Article.ID, h.Chunk.Ordinal}
			if seen[k] || h.Score <= 0 {
				continue
			}
			seen[k] = true
			h.Score /= p.hits[0].Score
			out = append(out, h)
		}
	}
	slices.SortStableFunc(out, func(a, b index.Hit) int { return cmp.Compare(b.Score, a.Score) })
	return out
}

// compared answers each part of a comparison. all is true if every part has an
// answer; confidence is that of the weakest answer, of the strongest part if there
// is none.
func compared(parts []part, x source, eager bool) (claims []claim, confidence float64, all bool) {
	var said []rank.Excerpt
	lowest, highest := 1.0, 0.0
	all = true
	for _, p := range parts {
		r := x.rank(p.question, p.hits[:min(defaultPassages, len(p.hits))])
		if len(r.Sentences) == 0 {
			all = false
			continue
		}
		highest = max(highest, r.Confidence)
		if !eager && r.Confidence < MinConfidence {
			all = false
			continue
		}
		lowest = min(lowest, r.Confidence)
		for _, e := range r.Excerpts(policy) {
			same := func(o rank.Excerpt) bool { return o.Article == e.Article && o.Span == e.Span }
			if i := slices.IndexFunc(said, same); i >= 0 { // one sentence answers two parts
				said[i].From, said[i].To = min(said[i].From, e.From), max(said[i].To, e.To)
				continue
			}
			said = append(said, e)
		}
	}
	for _, e := range said {
		claims = append(claims, named(zh.Question{}, e))
	}
	if len(claims) == 0 {
		return nil, highest, false
	}
	return claims, lowest, all
}

// comparison fills in the answer to a question that compares. It leaves the
// status empty only where an eager answer to its parts could not be given.
func (e *Engine) comparison(question string, parts []part, x source, eager bool, a *Answer) {
	start := time.Now()
	claims, confidence, all := compared(parts, x, eager)
	a.Stages.Extract = milliseconds(start)
	a.Confidence = math.Round(confidence*1e4) / 1e4
	if e.say(question, claims, a); a.Status == Answered && !all {
		a.Status = Partial
	}
	if a.Status == "" && !eager {
		a.Status, a.Suggestions = NotFound, near(merged(parts))
	}
}
