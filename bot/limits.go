package bot

import (
	"time"

	"github.com/hashicorp/golang-lru/v2/expirable"
	"golang.org/x/time/rate"
)

// limits hold a token bucket for each reader and each chat.
type limits struct {
	reader, chat rate.Limit
	buckets      *expirable.LRU[string, *rate.Limiter]
}

const (
	limitedNames = 20000     // readers and chats that are watched, the ones silent longest go first
	limitedFor   = time.Hour // a bucket is full again long before
	readerBurst  = 20        // questions in a row
	chatBurst    = 60
)

// newLimits allows so many questions a minute, 0 for any number. A chat may ask
// three times as many as one reader.
func newLimits(perMinute int) *limits {
	each := rate.Limit(float64(perMinute) / 60)
	return &limits{each, 3 * each, expirable.NewLRU[string, *rate.Limiter](limitedNames, nil, limitedFor)}
}

// allow takes a token of the reader and one of the chat; both may be unknown ("").
func (l *limits) allow(reader, chat string) bool {
	if l.reader == 0 {
		return true
	}
	ok := true
	for _, b := range []struct {
		key   string
		limit rate.Limit
		burst int
	}{{reader, l.reader, readerBurst}, {chat, l.chat, chatBurst}} {
		if b.key == "" {
			continue
		}
		bucket, known := l.buckets.Get(b.key)
		if !known {
			bucket = rate.NewLimiter(b.limit, b.burst)
			l.buckets.Add(b.key, bucket)
		}
		ok = bucket.Allow() && ok
	}
	return ok
}
